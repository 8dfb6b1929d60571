//! The states of a container, over every state and event.

use hazledger::domain::container::{Event, Status};

#[test]
fn only_these_events_happen_to_a_container() {
    use Event::{
        Annul, BringBack, Consume, Discard, Dispose, Move, PutBack, Reprint, Settle, TakePart,
        TakeWhole,
    };
    use Status::{CheckedOut, Disposed, Empty, InStock, Void, Waste};
    let possible = [
        (InStock, TakePart, InStock),
        (InStock, TakeWhole, CheckedOut),
        (InStock, Settle, InStock),
        (InStock, PutBack, InStock),
        (InStock, Consume, InStock),
        (InStock, Move, InStock),
        (InStock, Reprint, InStock),
        (InStock, Discard, Waste),
        (InStock, Annul, Void),
        (CheckedOut, Settle, CheckedOut),
        (CheckedOut, Consume, CheckedOut),
        (CheckedOut, BringBack, InStock),
        (CheckedOut, Reprint, CheckedOut),
        (Empty, Settle, Empty),
        (Empty, PutBack, Empty),
        (Empty, Discard, Waste),
        (Waste, Settle, Waste),
        (Waste, Move, Waste),
        (Waste, Reprint, Waste),
        (Waste, Dispose, Disposed),
        (Disposed, Settle, Disposed),
    ];
    for status in Status::ALL {
        for event in Event::ALL {
            let expected = possible
                .iter()
                .find(|(from, by, _)| (from, by) == (status, event))
                .map(|(_, _, to)| *to);
            assert_eq!(status.after(*event), expected, "{status} {event}");
        }
    }
}
