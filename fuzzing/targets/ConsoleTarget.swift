import FuzzHarness
import Libmnos

@testable import ConsoleService

/// The console with any keys typed and any clients asking, some of which are gone.
enum ConsoleTarget {
  static let target: FuzzTarget = {
    var target = FuzzTarget("console", "the console, its keys and its clients", mostBytes: 2048) {
      (bytes) throws(BrokenPromise) in try outcome(of: bytes)
    }
    target.seeds = {
      TerminalTargets.keySeeds.map { seed in
        FuzzSeed("typed-\(seed.name)", [2, 9, 5, 200] + seed.bytes, "accepted")
      } + (0..<8).map { kind in
        FuzzSeed("request-\(kind)", (0..<64).map { UInt8(($0 * 7 + kind) & 255) }, "accepted")
      }
    }
    return target
  }()

  private static func outcome(of bytes: [UInt8]) throws(BrokenPromise) -> FuzzOutcome {
    var script = ByteScript(bytes)
    var clients = ScriptedClients()
    var server = ConsoleServer(driver: ScriptedDriver())
    server.start(&clients)
    var steps = 0
    while !script.isAtEnd, steps < 400 {
      steps += 1
      step(&script, &server, &clients)
      try promise(clients.waiting.count <= 256, "clients that nobody answers")
      try clients.check()
    }
    return .accepted("\(clients.answered) answers, \(clients.refused) refusals")
  }

  private static func step(
    _ script: inout ByteScript, _ server: inout ConsoleServer<ScriptedDriver>,
    _ clients: inout ScriptedClients
  ) {
    let kind = script.byte()
    switch kind & 15 {
    case 0..<5:
      server.driver.device.incoming += script.array(script.below(64))
      server.serviceDevice(&clients)
    case 5:
      server.driver.device.room = Int(script.byte()) * 4
      server.serviceDevice(&clients)
    case 6: clients.end(UInt32(script.below(64)))
    case 7: server.giveUpInput(&clients)
    default:
      let token = ReplyToken(rawValue: UInt32(script.below(64)))
      let request = request(kind >> 4, &script)
      let lent = script.byte() < 128 ? 0 : UInt64(script.byte()) * 40
      let room = script.byte() < 128 ? nil : script.number()
      clients.begin(token, lent: lent)
      server.handle(request, lending: lent, room: room, from: token, &clients)
    }
  }

  private static func request(
    _ kind: UInt8, _ script: inout ByteScript
  ) -> ConsoleProtocol.Request {
    switch kind & 7 {
    case 0, 1: .write(InlineBytes(script.array(script.below(49)).span))
    case 2: .writeLent
    case 3: .read
    case 4, 5: .readLine
    case 6: script.byte() & 1 == 0 ? .setInterrupt : .clearInterrupt
    default: .flush
    }
  }
}

/// A line that delivers what it is given, and takes what there is room for.
private final class ScriptedDevice {
  var incoming: [UInt8] = []
  var room = 64
}

private struct ScriptedDriver: SerialDriver {
  let device = ScriptedDevice()

  mutating func start() {}

  mutating func service(
    receiving input: inout ByteRing, sending output: inout OutputQueue
  ) -> Int {
    let count = min(device.incoming.count, 131_072 - input.count)
    for byte in device.incoming.prefix(count) { input.append(byte) }
    device.incoming.removeFirst(count)
    while device.room > 0, output.next() != nil { device.room -= 1 }
    return count
  }

  var hasSentAll: Bool { true }
}

/// Clients that note who was answered, and that nobody is answered twice.
private struct ScriptedClients: ConsoleClients {
  private(set) var waiting: [UInt32: UInt64] = [:]
  private(set) var answered = 0
  private(set) var refused = 0
  private var broken: String?

  mutating func begin(_ token: ReplyToken, lent: UInt64) { waiting[token.rawValue] = lent }

  mutating func end(_ token: UInt32) { waiting[token] = nil }

  func check() throws(BrokenPromise) {
    if let broken { throw BrokenPromise(broken) }
  }

  mutating func reply(to token: ReplyToken, _ reply: ConsoleProtocol.Reply) -> Bool {
    guard waiting.removeValue(forKey: token.rawValue) != nil else { return false }
    answered += 1
    var message = Message()
    reply.encode(into: &message)
    var reader = MessageReader(message)
    if (try? ConsoleProtocol.Reply(from: &reader)) == nil { broken = "an answer that cannot be read" }
    return true
  }

  mutating func refuse(_ token: ReplyToken, _ failure: ConsoleProtocol.Failure) {
    if waiting.removeValue(forKey: token.rawValue) != nil { refused += 1 }
  }

  func isWaiting(_ token: ReplyToken) -> Bool { waiting[token.rawValue] != nil }

  mutating func read(_ count: Int, at offset: UInt64, from token: ReplyToken) -> LentBytes {
    guard let lent = waiting[token.rawValue] else { return .callerGone }
    guard offset <= lent, UInt64(count) <= lent - offset else {
      broken = "more is read than was lent"
      return .unreadable
    }
    return token.rawValue % 8 == 7 ? .unreadable : .bytes([UInt8](repeating: 0x0a, count: count))
  }

  mutating func write(_ bytes: [UInt8], to token: ReplyToken) -> Int? {
    guard waiting[token.rawValue] != nil else { return nil }
    if bytes.count > ConsoleProtocol.mostLentBytes { broken = "more is written than one request does" }
    return token.rawValue % 8 == 6 ? bytes.count / 2 : bytes.count
  }

  mutating func signalInterrupt() {}
}
