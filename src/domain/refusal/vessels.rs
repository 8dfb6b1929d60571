//! Waste containers, and what is mixed.

macro_rules! vessels_refusals {
    ($($before:tt)*) => { transfer_refusals! { $($before)*
        /// No waste container with this label exists in the caller's institution.
        Missing "waste_container_unknown" WasteContainerUnknown {}
            zh "本单位没有这个标签的废物容器。请核对标签上的16位数字，或先登记废物容器。"
            en "No waste container with this label in your institution. Check the 16 digits on the label, or register it first."
        /// It was disposed of: one vessel, one life.
        Conflict "waste_container_gone" WasteContainerGone { label: Label, by: Seq }
            zh "废物容器 {label} 已由记录 {by} 处置。请登记并使用新的废物容器。"
            en "Waste container {label} was disposed of by entry {by}. Register another one."
        /// Closed and filled again.
        Business "waste_container_closed" WasteContainerClosed { label: Label, on: Time }
            zh "废物容器 {label} 已于 {on} 封口，不能再倒入或再次封口。请另取一个未封口的容器。"
            en "Waste container {label} was closed on {on}: nothing goes in any more. Take one that is open."
        /// Waste of different codes is not mixed (SWL art. 81).
        Business "waste_code_differs" WasteCodeDiffers { label: Label, takes: String, given: String }
            zh "废物容器 {label} 只收废物代码 {takes}，而填写的是 {given}。请改用该代码的容器。"
            en "Waste container {label} takes waste of code {takes}, not {given}. Use a container for that code."
        /// It stands in another room.
        Business "waste_container_elsewhere" WasteContainerElsewhere { label: Label, place: PlaceId }
            zh "废物容器 {label} 在地点 {place}，与要倒入的容器不在同一房间。请先移动其中之一。"
            en "Waste container {label} is at place {place}, in another room than what is poured. Move one of them first."
        /// It is there already.
        Business "waste_container_there" WasteContainerThere { label: Label, place: PlaceId }
            zh "废物容器 {label} 已在地点 {place}，无需移动。"
            en "Waste container {label} is at place {place} already; there is nothing to move."
        /// More than it may hold.
        Business "waste_container_full" WasteContainerFull { label: Label, free: Quantity, asked: Quantity }
            zh "废物容器 {label} 剩余容量 {free}，装不下 {asked}。请封口后另取容器，或减少倒入量。"
            en "Waste container {label} has room for {free}, not for {asked}. Close it and take another, or pour less."
        /// No density tells what it takes up.
        Business "taken_up_needed" TakenUpNeeded { label: Label }
            zh "容器 {label} 的内容物没有密度或按件计，无法换算占用容量。请在 taken_up 中填写占用的容量。"
            en "No density tells what the content of container {label} takes up. Say so in taken_up."
        /// Who says what it takes up says it of one.
        Business "taken_up_of_one" TakenUpOfOne {}
            zh "填写 taken_up 时一次只能倒入一个容器的内容物。请逐个登记。"
            en "taken_up is said of the content of one container. Pour them one by one."
        /// What is not all poured comes out of one container.
        Business "pour_of_one" PourOfOne {}
            zh "填写数量或来源时一次只能倒入一个容器的内容物。请逐个登记，或省略数量以全部倒入。"
            en "An amount or a source is said of one container. Pour them one by one, or leave both out to pour everything."
        /// A mixture is what its components are until a document says what it is (RULES 5.3; HCL art. 124).
        Business "mix_class_not_covered" MixClassNotCovered { product: ProductId, from: ProductId, class: &'static str }
            zh "配制用的品名 {from} 属于{class}，而配制成的品名 {product} 不属于。请改用同类别的品名，或先凭鉴定报告对其办理识别。"
            en "Product {from} that goes in is {class}, and product {product} that is made is not. Choose a product of that class, or have it identified by a test report first."
        /// A solvent has a mass or a volume.
        Business "solvent_unfit" SolventUnfit { given: Quantity }
            zh "溶剂用量 {given} 须为大于零的质量或体积。请更正。"
            en "{given} of a solvent is no mass or volume above zero. Correct it."
        /// More than went in.
        Business "made_more_than_mixed" MadeMoreThanMixed { made: Quantity, mixed: Quantity }
            zh "配制成 {made}，多于投入的 {mixed}。请核对数量，或补填溶剂。"
            en "{made} made of {mixed}: more than went in. Correct the amounts, or name the solvent."
        /// A drum holds no pieces.
        Business "capacity_unfit" CapacityUnfit { given: Quantity }
            zh "容量 {given} 不是质量或体积。请填写如 25 L 或 20 kg 的容量。"
            en "{given} is neither a mass nor a volume. Give a capacity such as 25 L or 20 kg."
    } };
}
pub(super) use vessels_refusals;
