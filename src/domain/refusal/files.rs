//! Lists as files and on paper.

macro_rules! files_refusals {
    ($($before:tt)*) => { custody_refusals! { $($before)*
        /// A worksheet has no more rows.
        Business "sheet_too_long" SheetTooLong { most: u32 }
            zh "Excel 工作表最多 {most} 行，本清单更长。请改用 format=csv 或 format=jsonl，或缩小范围。"
            en "A worksheet holds {most} lines and this list has more. Take format=csv or format=jsonl, or a part of the list."
        /// Not every list has a form on paper.
        Business "print_unavailable" PrintUnavailable {}
            zh "此清单没有打印格式。请改用 format=xlsx 或 format=csv。"
            en "This list has no form on paper. Take format=xlsx or format=csv."
        /// What is no list is no table.
        Business "form_only" FormOnly {}
            zh "此处不是清单，只能打印。请改用 format=pdf，或不填 format。"
            en "This is no list; it can only be printed. Take format=pdf, or leave format out."
        /// Paper is for a part that somebody can read.
        Business "print_too_long" PrintTooLong { most: u32 }
            zh "一次最多打印 {most} 行，本清单更长。请缩小范围（如按地点、品名或期间），或改用 format=csv。"
            en "At most {most} lines are printed at once and this list has more. Narrow it (by place, product or period), or take format=csv."
    } };
}
pub(super) use files_refusals;
