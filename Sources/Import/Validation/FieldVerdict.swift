/// What an encoder says of the text of one field.
enum FieldVerdict: UInt8 {
  /// The value was written.
  case value
  /// The field is NULL.
  case null
  /// Postgres must decide: the text may be valid in a form the encoder does not know.
  case doubtful
  /// Postgres certainly refuses the text as no value of the type.
  case invalid
  /// Postgres certainly refuses the value as out of the type's range.
  case outOfRange
}
