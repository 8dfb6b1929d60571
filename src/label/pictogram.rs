//! The nine hazard pictograms, drawn for this program after their descriptions in GHS.

use std::fmt;
use std::str::FromStr;

use super::{LabelError, Rgb};

/// A hazard pictogram (象形图) of GB 30000.1 and GB 15258: a black symbol in a red diamond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pictogram {
    /// GHS01, exploding bomb.
    Ghs01,
    /// GHS02, flame.
    Ghs02,
    /// GHS03, flame over circle.
    Ghs03,
    /// GHS04, gas cylinder.
    Ghs04,
    /// GHS05, corrosion.
    Ghs05,
    /// GHS06, skull and crossbones.
    Ghs06,
    /// GHS07, exclamation mark.
    Ghs07,
    /// GHS08, health hazard.
    Ghs08,
    /// GHS09, environment.
    Ghs09,
}

/// Closed paths on a square of 1,000 units, drawn in order. The commands are M, L, C and Z with
/// absolute whole coordinates, every token between single spaces.
type Picture = &'static [(Rgb, &'static str)];

impl Pictogram {
    /// Every pictogram.
    pub const ALL: [Self; 9] = [
        Self::Ghs01,
        Self::Ghs02,
        Self::Ghs03,
        Self::Ghs04,
        Self::Ghs05,
        Self::Ghs06,
        Self::Ghs07,
        Self::Ghs08,
        Self::Ghs09,
    ];

    /// The code, as `GHS01`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ghs01 => "GHS01",
            Self::Ghs02 => "GHS02",
            Self::Ghs03 => "GHS03",
            Self::Ghs04 => "GHS04",
            Self::Ghs05 => "GHS05",
            Self::Ghs06 => "GHS06",
            Self::Ghs07 => "GHS07",
            Self::Ghs08 => "GHS08",
            Self::Ghs09 => "GHS09",
        }
    }

    /// The frame and the symbol.
    pub(super) fn paths(self) -> impl Iterator<Item = (Rgb, &'static str)> {
        let symbol = match self {
            Self::Ghs01 => EXPLOSIVE,
            Self::Ghs02 => FLAMMABLE,
            Self::Ghs03 => OXIDISING,
            Self::Ghs04 => GAS,
            Self::Ghs05 => CORROSIVE,
            Self::Ghs06 => TOXIC,
            Self::Ghs07 => IRRITANT,
            Self::Ghs08 => HEALTH,
            Self::Ghs09 => ENVIRONMENT,
        };
        FRAME.iter().chain(symbol).copied()
    }
}

impl fmt::Display for Pictogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Pictogram {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|pictogram| pictogram.as_str() == text)
            .ok_or(LabelError::Pictogram)
    }
}

const FRAME: Picture = &[
    (Rgb::RED, "M 500 0 L 1000 500 L 500 1000 L 0 500 Z"),
    (Rgb::WHITE, "M 500 88 L 912 500 L 500 912 L 88 500 Z"),
];

const EXPLOSIVE: Picture = &[
    (
        Rgb::BLACK,
        "M 545 604 C 545 669 492 722 427 722 C 363 722 310 669 310 604 C 310 539 363 486 427 486 C 492 486 545 539 545 604 Z",
    ),
    (
        Rgb::WHITE,
        "M 413 590 C 399 610 378 619 367 612 C 356 603 357 580 371 561 C 385 541 405 532 417 539 C 428 548 426 570 413 590 Z",
    ),
    (Rgb::BLACK, "M 481 454 L 532 494 L 506 528 L 455 487 Z"),
    (Rgb::BLACK, "M 528 404 L 511 325 L 484 335 L 521 407 Z"),
    (Rgb::BLACK, "M 556 405 L 600 282 L 573 275 L 549 403 Z"),
    (Rgb::BLACK, "M 576 418 L 707 306 L 683 282 L 571 413 Z"),
    (Rgb::BLACK, "M 586 440 L 719 416 L 711 388 L 584 433 Z"),
    (Rgb::BLACK, "M 583 466 L 664 504 L 672 476 L 586 460 Z"),
    (Rgb::BLACK, "M 507 417 L 477 381 L 462 397 L 503 422 Z"),
    (Rgb::BLACK, "M 304 420 L 336 431 L 325 454 L 303 444 Z"),
    (Rgb::BLACK, "M 273 519 L 297 538 L 280 554 L 265 538 Z"),
    (Rgb::BLACK, "M 578 580 L 598 612 L 572 624 L 561 600 Z"),
    (Rgb::BLACK, "M 606 520 L 633 535 L 620 554 L 602 541 Z"),
    (Rgb::BLACK, "M 577 668 L 583 701 L 557 703 L 556 679 Z"),
    (Rgb::BLACK, "M 352 373 L 370 393 L 353 405 L 342 389 Z"),
    (Rgb::BLACK, "M 283 632 L 308 643 L 297 661 L 280 651 Z"),
];

const FLAMMABLE: Picture = &[
    (
        Rgb::BLACK,
        "M 504 173 C 522 277 641 337 650 465 C 658 564 611 644 551 688 C 581 623 581 564 561 524 C 553 564 540 584 520 600 C 528 535 508 475 471 446 C 473 505 454 535 433 566 C 408 604 411 648 439 693 C 363 653 316 574 339 484 C 352 434 386 406 393 352 C 417 378 427 404 427 436 C 479 376 522 277 504 173 Z",
    ),
    (Rgb::BLACK, "M 356 706 L 644 706 L 644 749 L 356 749 Z"),
];

const OXIDISING: Picture = &[
    (
        Rgb::BLACK,
        "M 622 610 C 622 677 567 732 500 732 C 433 732 378 677 378 610 C 378 543 433 488 500 488 C 567 488 622 543 622 610 Z",
    ),
    (
        Rgb::WHITE,
        "M 580 610 C 580 654 544 690 500 690 C 456 690 420 654 420 610 C 420 566 456 530 500 530 C 544 530 580 566 580 610 Z",
    ),
    (
        Rgb::BLACK,
        "M 503 143 C 517 218 613 262 621 355 C 627 427 589 485 541 517 C 565 470 565 427 549 398 C 543 427 531 442 515 453 C 522 406 506 362 475 341 C 477 384 463 406 445 429 C 425 456 427 488 450 521 C 389 492 351 434 369 368 C 379 332 407 312 413 272 C 432 292 440 311 440 334 C 482 290 517 218 503 143 Z",
    ),
    (Rgb::BLACK, "M 392 750 L 608 750 L 608 788 L 392 788 Z"),
];

const GAS: Picture = &[(
    Rgb::BLACK,
    "M 242 570 L 300 545 C 313 539 310 517 328 501 L 630 367 C 700 335 733 361 744 387 C 756 413 753 454 683 486 L 381 620 C 358 622 342 606 330 611 L 272 636 Z",
)];

const CORROSIVE: Picture = &[
    (
        Rgb::BLACK,
        "M 465 370 L 321 434 L 290 365 L 435 300 C 480 280 511 349 465 370 Z",
    ),
    (Rgb::WHITE, "M 426 355 L 309 407 L 297 379 L 381 342 Z"),
    (
        Rgb::BLACK,
        "M 535 370 L 679 434 L 710 365 L 565 300 C 520 280 489 349 535 370 Z",
    ),
    (Rgb::WHITE, "M 574 355 L 691 407 L 703 379 L 619 342 Z"),
    (
        Rgb::BLACK,
        "M 306 446 C 311 463 323 472 323 480 C 323 502 289 502 289 480 C 289 472 301 463 306 446 Z",
    ),
    (
        Rgb::BLACK,
        "M 306 518 C 312 538 326 548 326 558 C 326 584 286 584 286 558 C 286 548 300 538 306 518 Z",
    ),
    (
        Rgb::BLACK,
        "M 694 446 C 699 463 711 472 711 480 C 711 502 677 502 677 480 C 677 472 689 463 694 446 Z",
    ),
    (
        Rgb::BLACK,
        "M 694 518 C 700 538 714 548 714 558 C 714 584 674 584 674 558 C 674 548 688 538 694 518 Z",
    ),
    (
        Rgb::BLACK,
        "M 207 600 L 262 600 C 276 600 280 632 306 632 C 332 632 336 600 350 600 L 470 600 L 470 672 L 279 672 Z",
    ),
    (
        Rgb::BLACK,
        "M 530 650 C 545 616 590 596 648 600 C 664 602 668 630 694 630 C 720 630 724 602 740 600 L 793 600 L 722 671 C 690 670 672 694 620 700 C 590 704 560 700 546 690 C 526 678 522 664 530 650 Z",
    ),
];

const TOXIC: Picture = &[
    (Rgb::BLACK, "M 368 558 L 644 658 L 632 692 L 356 593 Z"),
    (
        Rgb::BLACK,
        "M 390 549 C 390 565 377 577 362 577 C 345 577 333 565 333 549 C 333 533 345 520 362 520 C 377 520 390 533 390 549 Z",
    ),
    (
        Rgb::BLACK,
        "M 373 594 C 373 610 361 623 344 623 C 329 623 316 610 316 594 C 316 579 329 566 344 566 C 361 566 373 579 373 594 Z",
    ),
    (
        Rgb::BLACK,
        "M 684 656 C 684 672 671 685 656 685 C 639 685 627 672 627 656 C 627 641 639 628 656 628 C 671 628 684 641 684 656 Z",
    ),
    (
        Rgb::BLACK,
        "M 667 702 C 667 717 655 730 638 730 C 623 730 610 717 610 702 C 610 686 623 673 638 673 C 655 673 667 686 667 702 Z",
    ),
    (Rgb::BLACK, "M 356 658 L 632 558 L 644 593 L 368 692 Z"),
    (
        Rgb::BLACK,
        "M 373 656 C 373 672 361 685 344 685 C 329 685 316 672 316 656 C 316 641 329 628 344 628 C 361 628 373 641 373 656 Z",
    ),
    (
        Rgb::BLACK,
        "M 390 702 C 390 717 377 730 362 730 C 345 730 333 717 333 702 C 333 686 345 673 362 673 C 377 673 390 686 390 702 Z",
    ),
    (
        Rgb::BLACK,
        "M 667 549 C 667 565 655 577 638 577 C 623 577 610 565 610 549 C 610 533 623 520 638 520 C 655 520 667 533 667 549 Z",
    ),
    (
        Rgb::BLACK,
        "M 684 594 C 684 610 671 623 656 623 C 639 623 627 610 627 594 C 627 579 639 566 656 566 C 671 566 684 579 684 594 Z",
    ),
    (
        Rgb::WHITE,
        "M 500 184 C 613 184 661 259 661 342 C 661 395 641 425 614 445 C 605 455 603 469 603 487 C 603 521 584 535 556 539 L 444 539 C 416 535 397 521 397 487 C 397 469 395 455 386 445 C 359 425 339 395 339 342 C 339 259 387 184 500 184 Z",
    ),
    (
        Rgb::BLACK,
        "M 500 191 C 603 191 648 262 648 339 C 648 389 629 417 605 436 C 596 444 595 458 595 475 C 595 506 577 520 552 523 L 448 523 C 423 520 405 506 405 475 C 405 458 404 444 395 436 C 371 417 352 389 352 339 C 352 262 397 191 500 191 Z",
    ),
    (
        Rgb::WHITE,
        "M 481 372 C 481 394 462 412 438 412 C 414 412 395 394 395 372 C 395 350 414 332 438 332 C 462 332 481 350 481 372 Z",
    ),
    (
        Rgb::WHITE,
        "M 605 372 C 605 394 586 412 562 412 C 538 412 519 394 519 372 C 519 350 538 332 562 332 C 586 332 605 350 605 372 Z",
    ),
    (Rgb::WHITE, "M 500 406 L 524 455 L 476 455 Z"),
    (Rgb::WHITE, "M 453 486 L 463 486 L 463 527 L 453 527 Z"),
    (Rgb::WHITE, "M 495 486 L 505 486 L 505 527 L 495 527 Z"),
    (Rgb::WHITE, "M 537 486 L 547 486 L 547 527 L 537 527 Z"),
];

const IRRITANT: Picture = &[
    (
        Rgb::BLACK,
        "M 441 264 C 441 187 559 187 559 264 L 530 588 C 527 627 473 627 470 588 Z",
    ),
    (
        Rgb::BLACK,
        "M 555 719 C 555 749 530 774 500 774 C 470 774 445 749 445 719 C 445 688 470 664 500 664 C 530 664 555 688 555 719 Z",
    ),
];

const HEALTH: Picture = &[
    (
        Rgb::BLACK,
        "M 500 193 C 562 193 595 238 593 298 C 591 350 571 388 553 405 C 553 431 566 445 595 456 C 662 481 704 502 711 583 L 711 606 L 500 817 L 289 606 L 289 583 C 296 502 338 481 405 456 C 434 445 447 431 447 405 C 429 388 409 350 407 298 C 405 238 438 193 500 193 Z",
    ),
    (
        Rgb::WHITE,
        "M 500 445 L 522 550 L 624 516 L 544 588 L 624 659 L 522 626 L 500 730 L 478 626 L 376 659 L 456 588 L 376 516 L 478 550 Z",
    ),
];

const ENVIRONMENT: Picture = &[
    (
        Rgb::BLACK,
        "M 399 275 L 414 277 L 418 352 L 449 309 L 462 317 L 422 383 L 426 438 L 495 371 L 507 383 L 430 479 L 434 611 C 437 640 449 659 474 672 L 332 672 C 361 659 372 640 374 611 L 372 515 L 303 448 L 315 434 L 370 482 L 370 429 L 339 373 L 353 365 L 376 404 Z",
    ),
    (
        Rgb::BLACK,
        "M 476 572 C 523 525 598 530 649 582 L 700 558 C 690 588 687 610 693 647 L 644 615 C 585 649 512 634 476 572 Z",
    ),
    (
        Rgb::WHITE,
        "M 557 582 C 557 589 553 594 546 594 C 539 594 534 589 534 582 C 534 575 539 571 546 571 C 553 571 557 575 557 582 Z",
    ),
    (
        Rgb::BLACK,
        "M 228 672 L 466 672 C 495 672 514 684 538 697 C 572 715 610 713 649 701 L 620 734 C 591 743 553 741 524 724 C 500 711 485 703 461 703 L 259 703 Z",
    ),
];
