import PlatformCommon

/// Where an APLIC sends interrupts as messages: the interrupt file of one CPU.
protocol MessageFile {
  /// Lets all identities from 1 up to `identityCount` through.
  mutating func start(identityCount: UInt32)
  /// Takes the message that is next in turn, or returns 0.
  mutating func claim() -> UInt32
}

/// The advanced platform-level interrupt controller, as one CPU's supervisor mode sees it:
/// with interrupts straight to the CPU, or as messages.
///
/// Unlike a PLIC it knows no completion, so a line is disabled when it is accepted, and a
/// level that is still up interrupts when it is enabled again. All lines are taken for levels.
///
/// Source: RISC-V Advanced Interrupt Architecture 1.0, chapter 4.
struct APLIC<Registers: RegisterAccess, Messages: MessageFile> {
  private var registers: Registers
  private var messages: Messages
  private let delivery: APLICDelivery
  /// One more than the highest source; source 0 does not exist.
  let lineCount: UInt32
  /// A bit per source that is this domain's.
  private var wired: [16 of UInt64] = .init(repeating: 0)
  private var enabled: [16 of UInt64] = .init(repeating: 0)

  /// - Parameter sourceCount: Sources it has, without source 0.
  init(
    registers: Registers, messages: Messages, delivery: APLICDelivery, sourceCount: UInt32
  ) {
    self.registers = registers
    self.messages = messages
    self.delivery = delivery
    // A source's messages have its own number as identity.
    var highest = min(sourceCount, APLICLayout.highestSource)
    if case .messages(_, let identityCount) = delivery { highest = min(highest, identityCount) }
    lineCount = highest + 1
  }

  /// Disables every line, sends those enabled later to this CPU, and starts delivery.
  mutating func start() {
    var word: UInt64 = 0
    while word <= UInt64(lineCount / 32) {
      registers.write(.max, at: APLICLayout.clearEnable + word * 4)
      word += 1
    }
    var source: UInt32 = 1
    while source < lineCount {
      registers.write(APLICLayout.levelHigh, at: APLICLayout.configuration(source: source))
      // A source that another domain has stays 0.
      if registers.read(at: APLICLayout.configuration(source: source)) != 0 {
        wired[Int(source / 64)] |= 1 << UInt64(source % 64)
        registers.write(delivery.target(of: source), at: APLICLayout.target(source: source))
      }
      source += 1
    }
    switch delivery {
    case .direct(let context):
      registers.write(1, at: APLICLayout.deliver(context: context))
      registers.write(0, at: APLICLayout.threshold(context: context))
      registers.write(APLICLayout.isOn, at: APLICLayout.domain)
    case .messages(_, let identityCount):
      messages.start(identityCount: identityCount)
      registers.write(APLICLayout.isOn | APLICLayout.sendsMessages, at: APLICLayout.domain)
    }
  }

  /// Takes the interrupt that is next in turn.
  ///
  /// - Returns: nil if none is pending any more.
  mutating func claim() -> UInt32? {
    switch delivery {
    case .direct(let context):
      let source = registers.read(at: APLICLayout.claim(context: context)) >> 16
      return source > 0 && source < lineCount ? source : nil
    case .messages: return claimMessage()
    }
  }

  /// A message that was under way when its line was disabled is dropped: enabling the line sends
  /// another if the level is still up.
  private mutating func claimMessage() -> UInt32? {
    while true {
      let source = messages.claim()
      guard source > 0, source < lineCount else { return nil }
      if isSet(source, in: enabled) { return source }
    }
  }

  /// Enables or disables `line`.
  mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    guard isWired(line) else { return }
    let bit: UInt64 = 1 << UInt64(line % 64)
    guard isEnabled else {
      enabled[Int(line / 64)] &= ~bit
      registers.write(line, at: APLICLayout.disable)
      return
    }
    enabled[Int(line / 64)] |= bit
    // Only a change sends a message: this makes one of a level that is still up.
    if case .messages = delivery { registers.write(line, at: APLICLayout.setPending) }
    registers.write(line, at: APLICLayout.enable)
  }

  /// Keeps a claimed line from interrupting until it is enabled again.
  mutating func accept(_ line: UInt32) { setLine(line, isEnabled: false) }

  /// Whether the source is one of this domain's.
  func isWired(_ line: UInt32) -> Bool { line > 0 && line < lineCount && isSet(line, in: wired) }

  private func isSet(_ line: UInt32, in bits: [16 of UInt64]) -> Bool {
    bits[Int(line / 64)] & 1 << UInt64(line % 64) != 0
  }
}

/// How the interrupts of an APLIC reach a CPU.
enum APLICDelivery: Equatable {
  /// By a wire: the CPU's number in the controller.
  case direct(context: UInt64)
  /// As messages: the CPU's number among the interrupt files, and how many identities it has.
  case messages(file: UInt32, identityCount: UInt32)

  /// Source: RISC-V Advanced Interrupt Architecture 1.0 §4.5.16, Interrupt targets.
  func target(of source: UInt32) -> UInt32 {
    switch self {
    // The highest priority there is, for all.
    case .direct(let context): UInt32(truncatingIfNeeded: context) << 18 | 1
    case .messages(let file, _): file << 18 | source
    }
  }
}

/// Where the controller's registers are.
///
/// Source: RISC-V Advanced Interrupt Architecture 1.0 §4.5, Memory-mapped control region, and
/// §4.8.1, Interrupt delivery control (IDC) structure.
enum APLICLayout {
  static var highestSource: UInt32 { 1023 }
  static var highestContext: UInt64 { 16_383 }

  static var domain: UInt64 { 0 }
  static var isOn: UInt32 { 1 << 8 }
  static var sendsMessages: UInt32 { 1 << 2 }

  static func configuration(source: UInt32) -> UInt64 { UInt64(source) * 4 }
  static var levelHigh: UInt32 { 6 }

  /// Written with a source's number.
  static var setPending: UInt64 { 0x1cdc }
  static var enable: UInt64 { 0x1edc }
  static var disable: UInt64 { 0x1fdc }
  /// The first of the words with a bit per source.
  static var clearEnable: UInt64 { 0x1f00 }
  static func target(source: UInt32) -> UInt64 { 0x3000 + UInt64(source) * 4 }

  private static func block(context: UInt64) -> UInt64 { 0x4000 + context * 32 }
  static func deliver(context: UInt64) -> UInt64 { block(context: context) }
  static func threshold(context: UInt64) -> UInt64 { block(context: context) + 8 }
  static func claim(context: UInt64) -> UInt64 { block(context: context) + 0x1c }
  /// Bytes of registers, with those of `context` where interrupts are direct.
  static func byteCount(_ delivery: APLICDelivery) -> UInt64 {
    switch delivery {
    case .direct(let context): block(context: context) + 32
    case .messages: 0x4000
    }
  }
}
