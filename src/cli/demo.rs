//! `serve --demo`: a hospital to look at.

use std::time::Instant;

use super::bar;
use crate::app::{
    App, Settings,
    demo::{DemoState, StoryClock, demo_persons, demo_state},
};

/// Fills an empty database with the demo hospital, unless it is there already, and prints who can
/// sign in.
pub(super) fn prepare(settings: &Settings, seed: u64) -> anyhow::Result<()> {
    if demo_state(settings)? == DemoState::Empty {
        fill(settings, seed)?;
    }
    println!(
        "演示医院 (demo): institution 1; everybody's secret is public, never put real data in."
    );
    for person in demo_persons()? {
        let roles: Vec<&str> = person.roles.iter().map(|role| role.name_zh()).collect();
        let roles = roles.join("、");
        println!(
            "  {}  {}  {}  {roles}",
            person.staff_number, person.secret, person.name
        );
    }
    Ok(())
}

fn fill(settings: &Settings, seed: u64) -> anyhow::Result<()> {
    let began = Instant::now();
    let clock = StoryClock::before((settings.clock)());
    let told = Settings {
        clock: clock.clock(),
        ..settings.clone()
    };
    let bar = bar("weeks")?;
    let (app, threads) = App::start(&told)?;
    let done =
        actix_web::rt::System::new().block_on(app.tell_demo(&clock, seed, &mut |week, of| {
            bar.set_length(of);
            bar.set_position(week);
        }));
    drop(app);
    threads.join();
    bar.finish_and_clear();
    done?;
    println!(
        "Made the demo hospital in {:.1?} from seed {seed}.",
        began.elapsed()
    );
    Ok(())
}
