import PlatformCommon
import Testing

@testable import PlatformAArch64

/// A PL011 whose queue is full for a number of polls before each byte.
private struct FakePort: RegisterAccess {
  final class State {
    var control: UInt32 = 0x301
    var lineControl: UInt32 = 0
    var sent: [UInt8] = []
    var pollsUntilRoom = 0
    var polls = 0
  }
  let state = State()

  func read(at offset: UInt64) -> UInt32 {
    switch offset {
    case 0x18:
      state.polls += 1
      return state.polls <= state.pollsUntilRoom ? 1 << 5 : 0
    case 0x30: return state.control
    default: return 0
    }
  }

  mutating func write(_ value: UInt32, at offset: UInt64) {
    switch offset {
    case 0x00:
      state.sent.append(UInt8(truncatingIfNeeded: value))
      state.polls = 0
    case 0x2c: state.lineControl = value
    case 0x30: state.control = value
    default: break
    }
  }
}

@Suite struct DebugConsoleTests {
  @Test func earlyWordsAppearOnceThePortIsKnown() {
    let port = FakePort()
    var console = DebugConsole<PL011<FakePort>>()
    for byte in "before".utf8 { console.write(byte) }
    #expect(!console.isOpen)

    console.open(PL011(registers: port))
    for byte in " after".utf8 { console.write(byte) }

    #expect(console.isOpen)
    #expect(String(decoding: port.state.sent, as: UTF8.self) == "before after")
  }

  @Test func tooManyEarlyWordsAreCutOff() {
    let port = FakePort()
    var console = DebugConsole<PL011<FakePort>>()
    for _ in 0..<EarlyOutput.limit + 10 { console.write(65) }

    console.open(PL011(registers: port))

    #expect(port.state.sent.count == EarlyOutput.limit)
  }

  @Test func writerWaitsForRoomButNotForEver() {
    let port = FakePort()
    var writer = PL011(registers: port)
    port.state.pollsUntilRoom = 100

    writer.write(65)
    #expect(port.state.sent == [65])

    port.state.pollsUntilRoom = .max
    writer.write(66)
    #expect(port.state.sent == [65])
    #expect(port.state.polls == PL011<FakePort>.pollLimit)
  }

  @Test func portThatFirmwareLeftOffIsTurnedOn() {
    let off = FakePort()
    off.state.control = 0x200
    let on = FakePort()

    _ = PL011(registers: off)
    _ = PL011(registers: on)

    #expect(off.state.control == 0x301)
    #expect(off.state.lineControl == 0x70)
    #expect(on.state.lineControl == 0)
  }
}
