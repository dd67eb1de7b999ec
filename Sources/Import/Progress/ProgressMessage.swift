import FoundationEssentials
public import ImportModel

/// What a client hears of an import: contract, section 3.
public struct ProgressMessage: Sendable {
  /// The import.
  public let importID: ImportID
  /// The state that the message tells.
  public let status: ImportState
  /// How many states it has entered: one state may be entered again by another attempt.
  private let stage: Int
  /// Position in the hub's order.
  public let cursor: ProgressCursor
  /// The message as JSON, written once for all who hear it.
  public let json: String

  /// A newer message with the same key makes this one superfluous: states never replace one another,
  /// so that a slow client still sees each of them.
  public var replacementKey: String { "\(importID)/\(stage)" }

  enum Kind: String, Encodable {
    case snapshot, progress
  }

  private struct Body: Encodable {
    let type: Kind
    let epoch: String
    let seq: Int64
    let `import`: ImportRecord
  }

  init(_ kind: Kind, _ record: ImportRecord, at cursor: ProgressCursor) throws {
    importID = record.id
    status = record.status
    stage = record.history.count
    self.cursor = cursor
    let body = Body(type: kind, epoch: cursor.epoch, seq: cursor.seq, import: record)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    json = String(decoding: try encoder.encode(body), as: UTF8.self)
  }
}

/// A place in the order of a hub's messages.
public struct ProgressCursor: Sendable, Codable, Equatable {
  /// Names one life of one server: its numbers mean nothing in another.
  public var epoch: String
  /// Grows with each message.
  public var seq: Int64

  /// Names a place.
  public init(epoch: String, seq: Int64) {
    self.epoch = epoch
    self.seq = seq
  }
}
