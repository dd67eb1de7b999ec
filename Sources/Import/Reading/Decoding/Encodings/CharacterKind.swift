/// What a character is, as far as it tells whether a text was read in the right encoding.
enum CharacterKind: Equatable {
  case letter(script: Int, isUpper: Bool, isLower: Bool)
  case kana
  case halfKana
  case hangul
  case commonHan
  case han
  /// Signs that are common in tables: quotes, dashes, currencies, degrees.
  case usualSign
  /// Any other sign beyond ASCII.
  case sign
  case control
  /// What could not be decoded.
  case broken
  /// ASCII that is no letter.
  case other

  var isLetter: Bool { if case .letter = self { true } else { false } }
  var isUpper: Bool { if case .letter(_, let isUpper, _) = self { isUpper } else { false } }
  var isLower: Bool { if case .letter(_, _, let isLower) = self { isLower } else { false } }
  var script: Int { if case .letter(let script, _, _) = self { script } else { -1 } }
  /// Whether it is a letter of another script than Latin.
  var isForeign: Bool { script > 0 }

  /// Tells the kind of a character, and what it is in lower case.
  static func of(_ scalar: Unicode.Scalar) -> (kind: CharacterKind, lower: Unicode.Scalar) {
    let lower = scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
    return (kind(scalar), lower)
  }

  private static func kind(_ scalar: Unicode.Scalar) -> CharacterKind {
    switch scalar.value {
    case 0xFFFD: return .broken
    case 0x80...0x9F, 0x00...0x08, 0x0E...0x1F, 0x7F, 0xE000...0xF8FF: return .control
    case 0x3041...0x30FF: return .kana
    case 0xFF61...0xFF9F: return .halfKana
    case 0xAC00...0xD7A3: return .hangul
    case 0x3400...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF:
      return frequentHan.contains(scalar) ? .commonHan : .han
    default: break
    }
    if usualSigns.contains(scalar) { return .usualSign }
    let properties = scalar.properties
    if properties.isAlphabetic || properties.generalCategory == .nonspacingMark {
      return .letter(
        script: script(scalar), isUpper: properties.isUppercase, isLower: properties.isLowercase)
    }
    return scalar.value < 0x80 ? .other : .sign
  }

  private static func script(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x370...0x3FF: 1
    case 0x400...0x52F: 2
    case 0x590...0x5FF: 3
    case 0x600...0x6FF: 4
    case 0xE00...0xE7F: 5
    default: 0
    }
  }

  private static let usualSigns = Set("€£°§«»“”„‘’‚–—…•·©®™²³½¼±µ×№、。「」（）\u{A0}".unicodeScalars)

  /// The most frequent characters of Chinese and Japanese texts, and those of names and addresses, in
  /// simple and traditional form.
  private static let frequentHan = Set(
    """
    的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小\
    多天能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将\
    外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重\
    走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住\
    员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务\
    制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指\
    思非流每青管夫连远资队跟带花快条院变联言权往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品\
    士转量空省县号镇街楼室李刘陈杨赵黄吴徐孙胡朱林何郭罗梁宋郑谢韩唐冯董程曹袁邓许沈曾彭吕苏卢蒋蔡贾丁魏薛\
    這個來說們為時會對裡後沒還發當開無見經頭動兩長樣現將與進實種聲話間問電門東聽氣關並軍產萬體處總場師書員\
    通華報馬難數車應觀親務記邊風戰幹許覺題統請愛讓認論義術結連遠資隊帶條變聯權領傳紅決達辦運強轉區縣號鎮樓\
    劉陳楊趙黃吳孫羅鄭謝韓馮蘇盧蔣賈臺灣價格數據姓名客戶訂單客户订单姓名价格数量产品城市地址日期公司商品\
    東京都府県市区町村田中山本鈴木佐藤高橋渡辺伊吉加松井川島崎円株式会社年月日時分名前住所電話番号商品価格数量
    """.unicodeScalars)
}
