//! What sheets ask for that the register does not have so.

macro_rules! sheets_refusals {
    ($($before:tt)*) => { files_refusals! { $($before)*
        /// A name in a sheet that no product has.
        Business "product_name_unknown" ProductNameUnknown { name: String }
            zh "品名目录中没有“{name}”。请先建立该品名，或用 products 指定对应的品名编号。"
            en "No product is called {name:?}. Make it first, or map the name to a product in products."
        /// A name in a sheet that several products have.
        Business "product_name_ambiguous" ProductNameAmbiguous { candidates: String }
            zh "有几个品名都可能是它：{candidates}。请在表中写明含量或规格，或用 products 指定品名编号。"
            en "Several products could be meant: {candidates}. Write concentration or grade in the sheet, or name the product in products."
        /// The same product cannot be booked in two measures: a sum over both would be of neither.
        Business "product_measured_otherwise" ProductMeasuredOtherwise { product: ProductId, name: String, measured: &'static str, given: Quantity }
            zh "品名 {product} “{name}”按{measured}记账，表中的 {given} 不是{measured}单位。请把单位改对；确为另一种规格的，请写明含量或规格后先建立该品名。"
            en "Product {product} ({name}) is booked in another measure than {given}. Correct the unit; if another form of it is meant, make that a product of its own with a qualifier first."
        /// A name in a sheet that no department has.
        Business "department_name_unknown" DepartmentNameUnknown { name: String }
            zh "没有名为“{name}”的科室，或已撤销。请改为现有科室的名称。"
            en "No open department is called {name:?}. Write the name of one that is there."
        /// What a person saw is not what would be asked for.
        Conflict "purchase_list_changed" PurchaseListChanged {}
            zh "清单与试读时不同（文件、品名目录或所作指定有变化）。请重新试读，核对后再提交。"
            en "The list is not what was shown: the file, the register or what was assigned has changed. Have it read again, check it, and accept that."
        /// It cannot be accepted as it is.
        Business "purchase_list_wrong" PurchaseListWrong { wrong: usize }
            zh "清单有 {wrong} 处错误或没有可申请的行，一行都没有提交。请先试读，按提示改正后再提交。"
            en "The list has {wrong} errors, or no row: none of it was taken. Have it read, mend what is named, and accept it then."
        /// More than somebody decides on.
        Business "purchase_list_too_long" PurchaseListTooLong { most: usize }
            zh "一份清单最多 {most} 行，请拆成几份。"
            en "A list has {most} rows at most; split it."
        /// Something changed between two rows.
        Business "purchase_list_stopped" PurchaseListStopped { made: usize, row: usize, code: &'static str }
            zh "已提交 {made} 行，第 {row} 行未能提交（{code}）。请改正后用同一 Idempotency-Key 再次提交，已提交的不会重复。"
            en "{made} rows were taken, row {row} was not ({code}). Mend it and accept the list again with the same Idempotency-Key; what was taken is not taken twice."
    } };
}
pub(super) use sheets_refusals;
