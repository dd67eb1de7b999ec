/// Which sheet of a workbook is read.
public enum SheetChoice: Sendable, Equatable {
  /// The first one that is not hidden; the first one where all are.
  case first
  /// By its name; where none is written just so, without regard to case, as Excel allows no two such; and
  /// where there is none such either, by the number that it is.
  case named(String)
  /// By its place among the worksheets, hidden ones included, the first one being 1. Chart sheets have no
  /// rows and do not count.
  case index(Int)
}
