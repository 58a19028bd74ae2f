import Testing

@testable import ConsoleService

/// A driver, its device, and what lies between them and the console.
private struct Line {
  let device = FakePL011()
  var driver: PL011Driver<FakePL011>
  var input = ByteRing(capacity: 16)
  var output = OutputQueue()

  init(start: Bool = true) {
    driver = PL011Driver(registers: device)
    if start { driver.start() }
  }

  @discardableResult mutating func service() -> Int {
    driver.service(receiving: &input, sending: &output)
  }

  var typed: [UInt8] { (0..<input.count).map { input[$0] } }
}

@Suite struct PL011DriverTests {
  @Test func startLeavesWhatTheFirmwareSetUpAlone() {
    let line = Line()

    #expect(
      line.device.trace == [
        .write(0x038, 0), .read(0x030), .read(0x02c), .read(0x030), .write(0x030, 0xf01),
        .write(0x044, 0x78f), .write(0x038, 0x50),
      ])
    #expect(line.device.lineControl == 0x70)
  }

  @Test func startTurnsOnADeviceThatIsOff() {
    var line = Line(start: false)
    line.device.control = 0x300
    line.device.lineControl = 0

    line.driver.start()

    #expect(line.device.control == 0xf01)
    #expect(line.device.lineControl == 0x70)
  }

  @Test func startWaitsABoundedTimeForTheLastByte() {
    var line = Line(start: false)
    line.device.lineControl = 0x60
    line.device.isFast = false
    line.device.write(0x61, to: 0x000)

    line.driver.start()

    #expect(line.device.lineControl == 0x70)
  }

  @Test func genericUARTIsLeftOn() {
    var line = Line(start: false)
    line.device.hasControl = false

    line.driver.start()
    line.device.type(Array("typed".utf8))

    #expect(line.device.isAsking)
    #expect(line.service() == 5)
  }

  @Test func startKeepsWhatWasTypedBefore() {
    var line = Line(start: false)
    line.device.type(Array("typed".utf8))

    line.driver.start()

    #expect(line.device.isAsking)
    #expect(line.service() == 5)
    #expect(line.typed == Array("typed".utf8))
    #expect(!line.device.isAsking)
  }

  @Test(arguments: [1, 7, 8, 9, 16])
  func fewBytesAndManyAskAndAreRead(count: Int) {
    var line = Line()
    line.device.type(Array(0..<UInt8(count)))

    #expect(line.device.isAsking)
    #expect(line.service() == count)
    #expect(line.typed == Array(0..<UInt8(count)))
    #expect(!line.device.isAsking)
  }

  @Test func fullInputStopsTheInterruptAndLosesNothing() {
    var line = Line()
    line.device.type(Array(0..<10))
    line.service()
    line.device.type(Array(10..<20))

    #expect(line.service() == 6)
    #expect(!line.device.isAsking)
    #expect(line.device.waitingCount == 4)

    line.input.removeFirst(16)
    #expect(line.service() == 4)
    #expect(line.typed == [16, 17, 18, 19])
    #expect(line.device.mask == 0x50)
  }

  @Test func overrunIsCountedAndItsByteKept() {
    var line = Line()
    line.device.type(Array(0..<18))
    line.service()
    line.input.removeFirst(16)
    line.device.type([18])

    #expect(line.service() == 1)
    #expect(line.typed == [18])
    #expect(line.driver.overruns == 1)
  }

  @Test func breakIsNoByte() {
    var line = Line()
    line.device.type([0], errors: 1 << 10)
    line.device.type([0x61])

    #expect(line.service() == 1)
    #expect(line.typed == [0x61])
  }

  @Test(arguments: [UInt32(1 << 8), 1 << 9])
  func byteWithAFramingOrParityErrorIsPassedOn(error: UInt32) {
    var line = Line()
    line.device.type([0x61], errors: error)

    #expect(line.service() == 1)
    #expect(line.typed == [0x61])
  }

  @Test func slowTransmitterIsFilledAtItsInterrupts() {
    var line = Line()
    line.device.isFast = false
    let text = [UInt8](repeating: 0x61, count: 50)
    line.output.append(text, for: ReplyToken(rawValue: 1))

    line.service()
    for expected in [16, 32, 48, 50] {
      #expect(line.output.takeFinished().isEmpty == (expected != 50))
      #expect(!line.driver.hasSentAll)
      #expect(!line.device.isAsking)
      line.device.transmit()
      #expect(line.device.sent.count == expected)
      #expect(line.device.isAsking == (expected < 50))
      line.service()
    }
    #expect(line.device.sent == text)
    #expect(line.driver.hasSentAll)
    #expect(line.device.mask == 0x50)
  }

  @Test func fastTransmitterTakesEverythingAtOnce() {
    var line = Line()
    let text = (0..<1000).map { UInt8(truncatingIfNeeded: 0x20 + $0 % 64) }
    line.output.append(text, for: ReplyToken(rawValue: 1))

    line.service()

    #expect(line.device.sent == text)
    #expect(line.output.takeFinished() == [ReplyToken(rawValue: 1)])
  }

  @Test(arguments: [UInt32(0), 0x10, 0x400, 0xffff_ffff])
  func brokenDeviceHoldsTheConsoleForABoundedTime(word: UInt32) {
    struct Stuck: RegisterAccess {
      let word: UInt32
      func read(_ register: Int) -> UInt32 {
        register == 0x040 ? 0x30 : register == 0x000 ? word : word & 0x30
      }
      func write(_ value: UInt32, to register: Int) {}
    }
    var driver = PL011Driver(registers: Stuck(word: word))
    var input = ByteRing(capacity: 16)
    var output = OutputQueue()
    output.append([UInt8](repeating: 0x61, count: 64), for: ReplyToken(rawValue: 1))

    driver.start()
    let count = driver.service(receiving: &input, sending: &output)

    #expect(count <= 16)
  }
}
