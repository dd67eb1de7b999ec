import ImportModel

/// Why Postgres refused a value.
struct Refusal: Sendable, Equatable {
  let code: RejectCode
  let message: String
}

extension Refusal {
  /// Reads the answer of Postgres.
  ///
  /// Codes: appendix "PostgreSQL Error Codes" of the manual.
  init(sqlState: String, message: String, detail: String?) {
    let code = Self.codes[sqlState] ?? .database
    var text = message
    if let detail, !detail.isEmpty { text += ". " + detail }
    if code == .database { text += " (SQLSTATE \(sqlState))" }
    self.init(code: code, message: Excerpt.message(text))
  }

  private static let codes: [String: RejectCode] = [
    "22003": .outOfRange,  // numeric_value_out_of_range
    "22008": .outOfRange,  // datetime_field_overflow
    "22015": .outOfRange,  // interval_field_overflow
    "22009": .outOfRange,  // invalid_time_zone_displacement_value
    "22001": .tooLong,  // string_data_right_truncation
    "22021": .badEncoding,  // character_not_in_repertoire
    "23502": .required,  // not_null_violation, of a domain
    "23514": .check,  // check_violation, of a domain
    "22P02": .type,  // invalid_text_representation
    "22P03": .type,  // invalid_binary_representation
    "22P05": .type,  // untranslatable_character: a \u escape of jsonb
    "22007": .type,  // invalid_datetime_format
    "22018": .type,  // invalid_character_value_for_cast
    "22023": .type,  // invalid_parameter_value
    "22026": .type,  // string_data_length_mismatch: bit(n)
    "22030": .type,  // duplicate_json_object_key_value
    "22032": .type,  // invalid_json_text
    "22000": .type,  // data_exception: bounds of a range in the wrong order
    "2202E": .type,  // array_subscript_error
    "2200M": .type,  // invalid_xml_document
    "2200N": .type,  // invalid_xml_content
    "2200S": .type,  // invalid_xml_comment
    "2200T": .type,  // invalid_xml_processing_instruction
    "42601": .type,  // syntax_error: tsquery, jsonpath
    "42602": .type,  // invalid_name: regclass
    "XX000": .type,  // internal_error: types of extensions that name no code, as hstore before 16
  ]
}
