/// The letters that a language is written with beyond ASCII.
struct Language {
  /// Letters that are common in it, lower case.
  let common: Set<Unicode.Scalar>
  /// Letters that occur in it.
  let others: Set<Unicode.Scalar>

  init(_ common: String, _ others: String = "") {
    self.common = Set(common.unicodeScalars)
    self.others = Set(others.unicodeScalars)
  }

  /// How well the letters of a text fit: each that is common 8, each that occurs 3, any other -8.
  func fit(_ letters: [Unicode.Scalar: Int]) -> Int {
    letters.reduce(0) { sum, letter in
      let weight = common.contains(letter.key) ? 8 : others.contains(letter.key) ? 3 : -8
      return sum + weight * letter.value
    }
  }

  static let all: [Language] = [
    Language("äöüß"),
    Language("éèêàçôîâ", "ëïûùœæÿüñ"),
    Language("áéíóúñ", "üçº"),
    Language("ãçáéíóõêâú", "ôàüº"),
    Language("àèéìòù", "íîóúç"),
    Language("æøåé", "öäüóèô"),
    Language("åäö", "éüøæ"),
    Language("ëïéèöü", "óáíúêç"),
    Language("áéíóúýþæðö"),
    Language("ąćęłńóśźż", "ö"),
    Language("áčéěířšůýž", "ďňóťúäö"),
    Language("áäčéíľšťúýž", "ďĺňóôŕ"),
    Language("áéíóöőúüű"),
    Language("ăâîşţșț"),
    Language("čćđšž", "ö"),
    Language("çğıöşü", "âîûi\u{307}"),
    Language("ąčęėįšųūž"),
    Language("āčēģīķļņšūž"),
    Language("äöõü", "šž"),
    Language("оеаинтсрвлкмдпу", "ягыбзьчйхжшюцщэфёъ"),
    Language("оаниевртілкс", "дмпузяьбгйчхїжшцюєґщф'"),
    Language("аеоинтрсвлкмдп", "угзбяъчщшжцхюйф"),
    Language("аиоентсрвјукмлдп", "збгчшћцђжхљњфџ"),
    Language("αοιετσνηυρπκλςμάίόέή", "ώύθγδωβχφξζψϊϋΐΰ"),
    Language("יהוליתרמבשאנ", "גדזחטכךםןסעפףצץק\u{5B0}\u{5B7}\u{5B8}"),
    Language("اليمونرتبعد", "ءآأؤإئةثجحخذزسشصضطظغفقكهىپچژگ"),
    Language(
      "านรอกเงยลมวดทสตะปบคขแจพ\u{E48}\u{E49}\u{E31}\u{E35}\u{E34}\u{E37}\u{E38}",
      "ชไใโณหถธฐฎผซภศษฟญๆำฯๅฉฌฝฆฏฑฒ\u{E4C}\u{E47}\u{E39}\u{E36}\u{E3A}\u{E4A}\u{E4B}"),
  ]
}
