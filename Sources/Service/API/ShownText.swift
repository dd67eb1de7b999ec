/// A caller's words as an error repeats them: not at any length.
func shown(_ text: String, limit: Int = 128) -> String {
  text.unicodeScalars.count <= limit
    ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))) + "…"
}
