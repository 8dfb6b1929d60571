//! Entries, proofs, sign-in, imports, and faults.

macro_rules! ledger_refusals {
    ($($before:tt)*) => { refusals! { $($before)*
        /// No such entry.
        Missing "entry_unknown" EntryUnknown { entry: Seq }
            zh "本单位没有第 {entry} 号记录。"
            en "There is no entry {entry} in your institution."
        /// A period that ends before it begins.
        Business "period_reversed" PeriodReversed { from: Time, to: Time }
            zh "期间的起点 {from} 不早于终点 {to}。请改正起止时间；终点写日期时，当天计算在内。"
            en "The period begins at {from}, not before its end at {to}. Correct them; a day at the end counts in full."
        /// A report about what has not happened yet.
        Business "moment_in_future" MomentInFuture { given: Time, now: Time }
            zh "所给时间 {given} 尚未到来（现在是 {now}）。请改为现在或过去的时间。"
            en "{given} has not come yet; it is {now}. Give a time that has passed."
        /// The entry was written after the head that was signed last.
        Business "entry_not_signed" EntryNotSigned { entry: Seq, signed: u64 }
            zh "第 {entry} 号记录尚未纳入签名检查点（已签到第 {signed} 条）。请1秒后重试。"
            en "Entry {entry} is not under a signed checkpoint yet ({signed} entries are). Try again in a second."
        /// No head of that size was signed.
        Missing "checkpoint_unknown" CheckpointUnknown { size: u64 }
            zh "没有规模为 {size} 的签名检查点。请使用已取得的检查点的规模，或省略 size。"
            en "No checkpoint of size {size} was signed. Give the size of a checkpoint you hold, or leave size out."
        /// Sizes that no log of this length has.
        Business "sizes_out_of_range" SizesOutOfRange { from: u64, to: u64, size: u64 }
            zh "应满足 1 ≤ from ≤ to ≤ {size}，而所给为 from={from}、to={to}。请更正。"
            en "1 ≤ from ≤ to ≤ {size} is needed, but from={from} and to={to} were given. Correct them."
        /// A log is signed within a second of its first entry.
        Missing "head_unsigned" HeadUnsigned { log: Log }
            zh "{log} 还没有签名的校验点。请稍候一秒再取。"
            en "No head of the {log} log has been signed yet. Try again in a second."
        /// Only movements can be reversed.
        Business "entry_not_reversible" EntryNotReversible { entry: Seq, act: Kind }
            zh "第 {entry} 号记录（{act}）不能冲正。"
            en "Entry {entry} ({act}) cannot be reversed."
        /// A reversal happens once (红字冲正).
        Conflict "already_reversed" AlreadyReversed { entry: Seq, by: Seq }
            zh "第 {entry} 号记录已由第 {by} 号记录冲正。"
            en "Entry {entry} has already been reversed by entry {by}."
        /// Later entries touch the same container.
        Business "later_entries_exist" LaterEntriesExist { entry: Seq, label: Label, latest: Seq }
            zh "容器 {label} 在第 {entry} 号记录之后另有记录（最近为第 {latest} 号）。请先从最近一笔起依次冲正。"
            en "Container {label} has later entries than {entry} (the latest is {latest}). Reverse from the latest backwards."
        /// Nothing is open for this container.
        Business "nothing_checked_out" NothingCheckedOut { label: Label }
            zh "容器 {label} 没有未归还的领用。请核对标签。"
            en "Nothing is checked out of container {label}. Check the label."
        /// Several open checkouts and none named.
        Business "checkout_ambiguous" CheckoutAmbiguous { label: Label, open: usize }
            zh "容器 {label} 有 {open} 笔未归还的领用。请指明是哪一笔，或指明是容器本身。"
            en "Container {label} has {open} open checkouts. Say which one is meant, or that it is the container itself."
        /// What was taken out of a container comes back into it, wherever it stands.
        Business "only_part_returned" OnlyPartReturned { label: Label }
            zh "容器 {label} 未整瓶领出，归还的部分只能放回原容器。请不填地点；需换地点请办理移库。"
            en "Container {label} never left its place; the part goes back into it. Leave the place out, or move the container."
        /// The moment claimed lies in the future.
        Business "occurred_in_future" OccurredInFuture { occurred_at: Time, now: Time }
            zh "发生时间 {occurred_at} 晚于当前时间 {now}。请更正。"
            en "The time {occurred_at} lies after now ({now}). Correct it."
        /// Nothing happens before there is an institution: what was there then is opening stock.
        Business "occurred_before_founding" OccurredBeforeFounding { occurred_at: Time, founded_at: Time }
            zh "发生时间 {occurred_at} 早于本单位建账时间 {founded_at}。请更正；建账前已有的请按期初登记。"
            en "The time {occurred_at} lies before the institution was founded ({founded_at}). Correct it; what was there before is opening stock."
        /// The container was not there yet, or was in another state then.
        Business "occurred_too_early" OccurredTooEarly { label: Label, occurred_at: Time, since: Time }
            zh "容器 {label} 自 {since} 起才处于现在的状态，此事不可能发生在 {occurred_at}。请更正发生时间。"
            en "Container {label} is as it is only since {since}; this cannot have happened at {occurred_at}. Correct the time."
        /// More than 24 hours back needs a reason.
        Business "late_reason_missing" LateReasonMissing { occurred_at: Time }
            zh "发生时间 {occurred_at} 早于24小时前，须按补录办理并填写原因。"
            en "The time {occurred_at} is more than 24 hours back: record it as late, with a reason."
        /// The idempotency key was used for another request.
        Business "idempotency_key_reused" IdempotencyKeyReused {}
            zh "该 Idempotency-Key 已用于另一份不同的请求。请为新请求生成新键。"
            en "This Idempotency-Key was used for a different request. Make a new key for a new request."
        /// The person's role does not carry the permission.
        Forbidden "not_permitted" NotPermitted {}
            zh "您的岗位没有此项权限。如确需办理，请联系本单位系统管理员。"
            en "Your role does not permit this. Ask your institution's administrator if you need it."
        /// The token is missing, ended or revoked.
        Unproven "session_invalid" SessionInvalid {}
            zh "登录已失效。请重新登录。"
            en "Your session has ended. Sign in again."
        /// Wrong badge, staff number or secret: which one is not said.
        Unproven "sign_in_refused" SignInRefused {}
            zh "胸牌（工号）或密码不正确。请重试；连续错误5次将锁定15分钟。"
            en "Badge (staff number) or secret not accepted. Try again; five wrong tries lock for 15 minutes."
        /// Five wrong tries.
        Locked "locked" Locked { until: Time }
            zh "错误次数过多，已锁定至 {until}。请等待，或由两名管理人员解锁。"
            en "Too many wrong tries: locked until {until}. Wait, or have two persons unlock it."
        /// The one-time code is wrong or used up.
        Unproven "code_refused" CodeRefused {}
            zh "一次性代码无效或已使用。请向管理员索取新的代码。"
            en "The one-time code is not valid or has been used. Ask the administrator for a new one."
        /// The secret is too weak.
        Business "secret_too_weak" SecretTooWeak {}
            zh "密码太弱：至少6位数字且不能是连续或重复的数字，或至少8位字符。请换一个。"
            en "The secret is too weak: at least 6 digits, neither a run nor a repeat, or at least 8 characters. Choose another."
        /// The policy asks for more acceptors (双人验收).
        Business "acceptors_missing" AcceptorsMissing { needed: usize, named: usize }
            zh "该类别须由 {needed} 人验收，只填写了 {named} 人。请补齐验收人。"
            en "This class needs {needed} acceptors and {named} were named. Name the others."
        /// The place would lie in itself.
        Business "place_inside_itself" PlaceInsideItself { place: PlaceId }
            zh "地点 {place} 不能放在自己或其下级地点之内。请另选上级地点。"
            en "Place {place} cannot lie in itself or in a place below it. Choose another parent."
        /// The dimension of a product is fixed with its first container.
        Business "dimension_fixed" DimensionFixed { product: ProductId }
            zh "品名 {product} 的记账量纲不能更改。请新建品名。"
            en "The booking dimension of product {product} cannot change. Create another product."
        /// A founded database cannot be founded again with that code.
        Conflict "already_founded" AlreadyFounded {}
            zh "该单位已经建立。请直接登录。"
            en "This institution has been founded already. Sign in."
        /// No such import.
        Missing "import_unknown" ImportUnknown {}
            zh "本单位没有这次导入。请核对导入编号，或重新上传文件。"
            en "There is no such import in your institution. Check its number, or upload the file again."
        /// One bad row refuses the file.
        Business "import_has_errors" ImportHasErrors { wrong_cells: i64 }
            zh "文件中有 {wrong_cells} 处错误，未导入任何内容。请按提示更正单元格后重新上传。"
            en "{wrong_cells} cells of the file are wrong and nothing was taken in. Correct them and upload the file again."
        /// The same sheet is in the book.
        Conflict "imported_already" ImportedAlready { import: ImportId }
            zh "同一文件已由第 {import} 号导入办理。请查看该次导入；要重做请先撤销它。"
            en "The same file was taken in by import {import}. Look at that one; to do it again, take it back first."
        /// The import has been taken back, or was never accepted.
        Conflict "import_closed" ImportClosed { state: ImportState }
            zh "该次导入处于 {state} 状态，不能这样办理。请重新上传文件。"
            en "This import is {state} and cannot be dealt with like that. Upload the file again."
        /// It is still being posted.
        Conflict "import_running" ImportRunning {}
            zh "导入还在进行。请等它完成后再撤销。"
            en "The import is still running. Wait until it is done, then take it back."
        /// A row of a sheet without a place.
        Business "place_name_missing" PlaceNameMissing {}
            zh "没有存放地点。请填写该列，或在导入时用 places 中的空名指定一个默认地点。"
            en "There is no place. Fill the column in, or give one for the empty name in places."
        /// A name in a sheet that no place has.
        Business "place_name_unknown" PlaceNameUnknown { name: String }
            zh "没有名为“{name}”的地点。请先建立该地点，或用 places 指定对应的地点编号，或用 make_places 自动建立。"
            en "No place is called {name:?}. Make it first, or map the name to a place in places, or ask for it with make_places."
        /// A name in a sheet that several places have.
        Business "place_name_ambiguous" PlaceNameAmbiguous { candidates: String }
            zh "有几个地点都叫这个名字：{candidates}。请写出完整路径，或用 places 指定地点编号。"
            en "Several places have that name: {candidates}. Write the whole path, or map the name to a number in places."
        /// Too many containers in one act.
        Business "too_many_containers" TooManyContainers { most: usize }
            zh "一次最多处理 {most} 个容器。请分批提交。"
            en "At most {most} containers in one command. Split it."
        /// Serials are eight digits.
        Business "serials_used_up" SerialsUsedUp { last: i64 }
            zh "本单位容器编号已用到 {last}，无法再编号。请联系维护人员。"
            en "Container serials are used up (last {last}). Call the maintainers."
        /// A defect: the rows that the ledger needs contradict its entries.
        Fault "ledger_inconsistent" Inconsistent { what: &'static str }
            zh "账面数据与记录不符（{what}），本次操作未写入。请立即联系维护人员并运行核验。"
            en "The stored rows contradict the entries ({what}); nothing was written. Call the maintainers and run verify."
    }

    impl std::fmt::Display for Refusal {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}: {}", self.code(), self.detail(Language::English))
        }
    } };
}
pub(super) use ledger_refusals;
