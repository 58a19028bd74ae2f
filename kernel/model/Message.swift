import MnosABI

public enum MessageKind: Hashable, Sendable { case send, call, fault }

public struct Message: Hashable, Sendable {
  public var kind: MessageKind
  public var endpoint: ObjectID
  /// The capability it is sent through; of a fault the binding's.
  public var through: CapabilityID
  public var badge: UInt64
  public var words: [UInt64]
  public var attachments: [Attachment] = []
  /// The four bits of `Leases`, and the two lengths.
  public var leases: UInt8 = 0
  public var leaseLengths: [UInt64] = []
  /// Where a call takes the capabilities of its answer.
  public var acceptance = Acceptance.nothing
}

/// A capability attached to a message.
public struct Attachment: Hashable, Sendable {
  public var source: CapabilityID
  public var rights: Rights
  public var isMove: Bool
  /// The copy that is on its way while the sender waits.
  public var copy: CapabilityID?
}

/// The slots in which a thread takes capabilities, one choice for each that may come.
public struct Acceptance: Hashable, Sendable {
  public var choices: [UInt16]
  static var nothing: Acceptance { Acceptance(choices: []) }
}

public struct Reception: Hashable, Sendable {
  public var endpoint: ObjectID
  public var through: CapabilityID
  /// Whether the capability has `grant`, so that reply rights have it too.
  public var hasGrant: Bool
  public var acceptance: Acceptance
}
