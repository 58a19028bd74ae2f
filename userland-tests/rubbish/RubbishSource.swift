import Libmnos
import MnosABI
import TestHarness

/// What random calls may hit: objects that the test can do without.
struct RubbishObjects {
  let endpoint: Handle
  let notification: Handle
  let memory: Handle
  let budget: Handle
  let process: Handle

  init(_ scope: inout Scope) throws(Unexpected) {
    endpoint = try scope.endpoint()
    notification = try scope.notification()
    memory = try scope.memory()
    budget = try scope.make(.budget, 256 * 1024, 64)
    process = try scope.make(.process)
  }
}

/// Random system calls that neither end the calling thread nor block it, and the handles
/// that they made.
struct RubbishSource {
  private var state: UInt64
  private let objects: RubbishObjects
  private var made: [32 of Handle] = .init(repeating: .none)
  private var madeCount = 0
  private var lastNumber: UInt64 = 0

  init(seed: UInt64, objects: RubbishObjects) {
    state = seed &* 0x9e37_79b9_7f4a_7c15
    self.objects = objects
  }

  /// Source: Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14).
  private mutating func random() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  mutating func next() -> CallRegisters {
    lastNumber = random() % 36
    if lastNumber == UInt64(SyscallNumber.exit.rawValue) { lastNumber = 255 }
    var word = lastNumber
    // Mostly well-formed, or hardly a message call would get past its first check.
    if random() % 4 == 0 { word |= random() & 0xffff_ff00 }
    if random() % 3 == 0 { word |= (random() % 10) << 8 }
    if random() % 4 == 0 { word |= (random() % 2) << 15 | reply() << 32 }
    var words: [8 of UInt64] = .init(repeating: 0)
    for index in 0..<8 { words[index] = value() }
    // A deadline of 0 or long past, so that no call waits.
    let isMessage = lastNumber <= UInt64(SyscallNumber.wait.rawValue)
    return CallRegisters(
      CallWord(rawValue: word), handle(), isMessage ? random() % 1000 : value(), value(),
      words: words)
  }

  private mutating func reply() -> UInt64 { random() % 2 == 0 ? handle() : 0 }

  private mutating func handle() -> UInt64 {
    switch random() % 8 {
    case 0: objects.endpoint.argument
    case 1: objects.notification.argument
    case 2: objects.memory.argument
    case 3: objects.budget.argument
    case 4: objects.process.argument
    case 5: made[Int(random() % 32)].argument
    case 6: random() & 0xffff_ffff
    default: random()
    }
  }

  private mutating func value() -> UInt64 {
    switch random() % 10 {
    case 0: 0
    case 1: .max
    case 2: 1 << 63
    case 3: 4096 &* (random() % 64)
    case 4: UInt64(SlotChoice.any)
    case 5: random() % 256
    case 6: (1 << 47) &- 4096 &* (random() % 3)
    case 7: random()
    default: handle()
    }
  }

  /// Remembers a handle that the call made, so that it can be given back.
  mutating func note(_ outcome: Outcome) {
    guard outcome.isStatus(.ok) else { return }
    let makers: UInt64 =
      1 << UInt64(SyscallNumber.copy.rawValue) | 1 << UInt64(SyscallNumber.move.rawValue)
      | 1 << UInt64(SyscallNumber.create.rawValue) | 1 << UInt64(SyscallNumber.derive.rawValue)
    guard lastNumber < 64, makers & (1 << lastNumber) != 0 else { return }
    let place = madeCount % 32
    madeCount += 1
    _ = KernelCalls.delete(made[place])
    made[place] = outcome.handle
  }

  mutating func deleteAll() {
    for index in 0..<32 { _ = KernelCalls.delete(made[index]) }
  }
}
