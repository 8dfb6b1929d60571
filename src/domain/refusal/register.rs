//! Institutions, departments, places, products, people and their offices.

macro_rules! register_refusals {
    ($($before:tt)*) => { signing_refusals! { $($before)*
        /// No such institution, or not one in the region of the bureau.
        Missing "institution_unknown" InstitutionUnknown { institution: InstitutionId }
            zh "辖区内没有编号为 {institution} 的单位。请从 /api/v1/institutions 中选择。"
            en "There is no institution {institution} in your region. Choose one of /api/v1/institutions."
        /// No such department in the institution.
        Missing "department_unknown" DepartmentUnknown { department: DepartmentId }
            zh "本单位没有编号为 {department} 的科室。请从科室列表中选择。"
            en "There is no department {department} in your institution. Choose one from the list of departments."
        /// The department was closed.
        Business "department_closed" DepartmentClosed { department: DepartmentId }
            zh "科室 {department} 已撤并。请选择现有科室。"
            en "Department {department} is closed. Choose one that is open."
        /// Another open department has the name.
        Conflict "department_exists" DepartmentExists { department: DepartmentId }
            zh "同名科室已存在，编号 {department}。请直接使用。"
            en "A department with this name exists already: {department}. Use that one."
        /// Open places belong to it or people work in it.
        Business "department_in_use" DepartmentInUse { department: DepartmentId, places: usize, people: usize }
            zh "科室 {department} 尚有 {places} 处存放地点和 {people} 名人员，不能撤并。请先将其转入其他科室。"
            en "Department {department} still has {places} places and {people} people and cannot be closed. Move them to another department first."
        /// No such place in the institution.
        Missing "place_unknown" PlaceUnknown { place: PlaceId }
            zh "本单位没有编号为 {place} 的存放地点。请从地点列表中选择。"
            en "There is no place {place} in your institution. Choose one from the list of places."
        /// The place has been closed.
        Business "place_closed" PlaceClosed { place: PlaceId }
            zh "存放地点 {place} 已停用。请选择其他地点。"
            en "Place {place} is closed. Choose another place."
        /// What stands in it would belong nowhere.
        Business "place_not_empty" PlaceNotEmpty { place: PlaceId, containers: i64 }
            zh "地点 {place} 及其下级地点尚有 {containers} 个容器（在库、领用在外或待处置），不能停用。请先移库、归还或处置。"
            en "{containers} containers belong to place {place} or one inside it (in stock, checked out or waste), so it cannot be closed. Move, return or dispose of them first."
        /// The container is there already.
        Conflict "already_there" AlreadyThere { label: Label, place: PlaceId }
            zh "容器 {label} 已经在地点 {place}，无需移动。"
            en "Container {label} is already at place {place}; there is nothing to move."
        /// The place is not permitted for one of the container's control classes.
        Business "class_not_permitted" ClassNotPermitted { place: PlaceId, class: String }
            zh "地点 {place} 不允许存放“{class}”。请选择为该类别设置的专柜或专库。"
            en "Place {place} is not permitted for {class}. Choose a cabinet or store designated for that class."
        /// The place has no (or too few) custodians for a controlled class.
        Business "custodians_missing" CustodiansMissing { place: PlaceId, needed: usize, appointed: usize }
            zh "地点 {place} 需要 {needed} 名在任保管员，现有 {appointed} 名。请先任命保管员。"
            en "Place {place} needs {needed} custodians in office and has {appointed}. Appoint custodians first."
        /// No such product.
        Missing "product_unknown" ProductUnknown { product: ProductId }
            zh "本单位没有编号为 {product} 的品名。请先建立品名或从列表中选择。"
            en "There is no product {product} in your institution. Create it first or choose from the list."
        /// A product with that name, qualifier and CAS exists.
        Conflict "product_exists" ProductExists { product: ProductId }
            zh "相同名称、规格与CAS号的品名已存在，编号 {product}。请直接使用。"
            en "A product with this name, qualifier and CAS exists already: {product}. Use that one."
        /// The catalogue has several substances that it could be (RULES 5.3: CAS alone is not enough).
        Business "substance_ambiguous" SubstanceAmbiguous { candidates: String }
            zh "不能确定是哪一种物质。请补正品名、浓度、形态或CAS号，或在 substance 中填写所选条目的代码：{candidates}。"
            en "It could be one of several substances. Correct name, concentration, form or CAS number, or give the code of the right one as substance: {candidates}."
        /// The substance chosen is not one that the name could mean.
        Business "substance_not_a_match" SubstanceNotAMatch { substance: String }
            zh "条目 {substance} 与该品名不符。请先不填 substance 提交，从给出的条目中选择。"
            en "Entry {substance} does not go with this name. Leave substance out first and choose one of the entries given."
        /// The amount given is not of the product's dimension.
        Business "product_dimension" ProductDimension { product: ProductId, given: Quantity }
            zh "品名 {product} 不按 {given} 的量纲记账。请使用该品名的计量单位。"
            en "Product {product} is not booked in units like {given}. Use a unit of the product's dimension."
        /// No such person.
        Missing "person_unknown" PersonUnknown { person: PersonId }
            zh "本单位没有编号为 {person} 的人员。请核对胸牌或从人员列表中选择。"
            en "There is no person {person} in your institution. Check the badge or choose from the list."
        /// The account was closed.
        Business "person_left" PersonLeft { person: PersonId }
            zh "人员 {person} 的账号已注销。请换在岗人员办理。"
            en "The account of person {person} is closed. Someone in office must do this."
        /// One natural person has one account.
        Conflict "person_exists" PersonExists { person: PersonId }
            zh "该身份证件已登记为人员 {person}。一人只能有一个账号，请使用原账号。"
            en "This identity document is already person {person}. One person has one account: use that one."
        /// Staff numbers are unique within an institution.
        Conflict "staff_number_taken" StaffNumberTaken { staff_number: String }
            zh "工号 {staff_number} 已被使用。请核对工号。"
            en "Staff number {staff_number} is taken. Check it."
        /// An administrator can be neither custodian nor auditor, and so on.
        Business "roles_conflict" RolesConflict { role: Role, held: Role }
            zh "“{held}”不得兼任“{role}”。请任命另一人。"
            en "A person who is {held} cannot also be {role}. Appoint someone else."
        /// The founding does not name the people it needs.
        Business "founders_incomplete" FoundersIncomplete {}
            zh "建立单位须登记三名不同的人员：一名系统管理员，另两名不得是管理员。请补齐。"
            en "Founding needs three different persons: one administrator and two who are not. Complete the list."
        /// No such appointment, or it ended already.
        Missing "appointment_unknown" AppointmentUnknown { appointment: Seq }
            zh "没有记录号为 {appointment} 的任命，或已被撤销。"
            en "There is no appointment {appointment}, or it was revoked already."
        /// The person has that appointment.
        Conflict "already_appointed" AlreadyAppointed { person: PersonId, appointment: Seq }
            zh "人员 {person} 在此期间已有相同任命（第 {appointment} 号记录）。无需重复任命。"
            en "Person {person} holds that appointment in this time already (entry {appointment}). There is nothing to appoint."
        /// A custodian keeps a place.
        Business "place_required" PlaceRequired {}
            zh "保管员须指定其保管的地点。请填写地点。"
            en "A custodian is appointed to a place. Name the place."
        /// Other roles hold for the whole institution.
        Business "place_not_taken" PlaceNotTaken { role: Role }
            zh "“{role}”的任命适用于全单位，不能限定地点。请去掉地点。"
            en "The role {role} holds for the whole institution. Leave the place out."
        /// The time of an appointment is no time to come.
        Business "period_wrong" PeriodWrong { now: Time }
            zh "任期须从现在（{now}）或以后开始，并在开始之后结束。请更正起止时间。"
            en "An appointment begins now ({now}) or later and ends after its beginning. Correct its times."
        /// A delegation is short.
        Business "delegation_too_long" DelegationTooLong { most_days: i64 }
            zh "代理最长 {most_days} 天。请缩短期限，或改为正式任命。"
            en "A delegation lasts {most_days} days at most. Shorten it, or appoint for good."
        /// Nobody stands in for what a person is not.
        Business "nothing_to_stand_in_for" NothingToStandInFor { person: PersonId, role: Role }
            zh "人员 {person} 在此期间并非该处的“{role}”，不能由他人代理。请核对被代理人。"
            en "Person {person} does not hold the role {role} there throughout that time, so nobody can stand in. Check for whom."
        /// Somebody must be able to manage people.
        Business "last_administrator" LastAdministrator { person: PersonId }
            zh "人员 {person} 是最后一名系统管理员，不能撤销或离岗。请先任命另一名系统管理员。"
            en "Person {person} is the last administrator and has to stay. Appoint another administrator first."
        /// Nobody leaves with stock in hand (离岗交接).
        Business "person_holds" PersonHolds { person: PersonId, open: usize }
            zh "人员 {person} 尚有 {open} 笔未归还的领用，不能办理离岗。请先归还或移交。"
            en "Person {person} still holds {open} checkouts and cannot leave. Have them returned first."
        /// The badge hangs on somebody else.
        Conflict "badge_taken" BadgeTaken { person: PersonId }
            zh "该胸牌已发给人员 {person}。请换一张胸牌。"
            en "This badge is person {person}'s. Take another one."
        /// Two persons decide this (双人复核).
        Business "second_person_required" SecondPersonRequired {}
            zh "此项须由第二人核准：请另一名管理员、安全员、设备科或科室负责人在 second 中用本人密码确认。"
            en "A second person must confirm this: have another administrator, safety, equipment or department head give their own secret in second."
        /// The second person is not one who may confirm.
        Business "second_person_unfit" SecondPersonUnfit { person: PersonId }
            zh "人员 {person} 不能核准此项：须为当事人和经办人之外的管理员、安全员、设备科或科室负责人。请换一人。"
            en "Person {person} cannot confirm this: it takes an administrator, safety, equipment or department head who is neither sender nor concerned. Have someone else do it."
    } };
}
pub(super) use register_refusals;
