//! `serve --demo`: a county to look at, or one hospital.

use std::time::Instant;

use super::bar;
use crate::app::{
    App, Cost, Settings,
    demo::{DemoState, Extent, StoryClock, county_sign_ins, demo_persons, demo_state},
};

/// Fills an empty database with the demo, unless it is there already, and prints who can sign in. A scale of 0
/// is the one hospital.
pub(super) fn prepare(settings: &Settings, seed: u64, scale: u32) -> anyhow::Result<()> {
    let state = match demo_state(settings)? {
        DemoState::Empty if scale == 0 => {
            fill_hospital(settings, seed)?;
            DemoState::Hospital
        }
        DemoState::Empty => {
            fill_county(settings, seed, scale)?;
            DemoState::County
        }
        state @ (DemoState::Hospital | DemoState::County) => state,
    };
    if state == DemoState::County {
        println!("演示县 (demo): everybody's secret is public, never put real data in.");
        for one in county_sign_ins()? {
            let person = one.person;
            println!(
                "  institution {}  {}  {}  {}  {}",
                one.number, person.staff_number, person.secret, person.name, one.institution.name
            );
        }
        return Ok(());
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

fn fill_hospital(settings: &Settings, seed: u64) -> anyhow::Result<()> {
    let began = Instant::now();
    let clock = StoryClock::before((settings.clock)());
    let told = Settings {
        clock: clock.clock(),
        secrets: Cost::Public,
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

fn fill_county(settings: &Settings, seed: u64, scale: u32) -> anyhow::Result<()> {
    let began = Instant::now();
    let extent = Extent::county(scale);
    let clock = extent.clock((settings.clock)());
    let told = Settings {
        clock: clock.clock(),
        secrets: Cost::Public,
        // The story says when something is carried from one institution to another.
        deliver: false,
        ..settings.clone()
    };
    let bar = bar("weeks")?;
    let (app, threads) = App::start(&told)?;
    let mut progress = |week, of| {
        bar.set_length(of);
        bar.set_position(week);
    };
    let telling = app.tell_county(&clock, &extent, seed, &mut progress);
    let done = actix_web::rt::System::new().block_on(telling);
    drop(app);
    threads.join();
    bar.finish_and_clear();
    done?;
    println!(
        "Made the demo county in {:.1?} from seed {seed}.",
        began.elapsed()
    );
    Ok(())
}
