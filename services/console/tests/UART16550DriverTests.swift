import Testing

@testable import ConsoleService

@Suite struct UART16550DriverTests {
  @Test func startSetsTheLineUpInOrder() {
    let device = Fake16550()
    var driver = UART16550Driver(registers: device, clockFrequency: 1_843_200)

    driver.start()

    #expect(
      device.trace == [
        .write(1, 0x00), .read(5), .write(3, 0x83), .read(3), .write(0, 1), .write(1, 0),
        .write(3, 0x03), .read(3), .write(2, 0x01), .write(4, 0x0b), .read(2), .write(1, 0x01),
      ])
    #expect(device.divisor == 1)
    #expect(driver.burst == 16)
  }

  @Test(arguments: [(3_686_400, 2), (22_729_000, 12), (0, 0), (1_000, 0)] as [(UInt32, UInt16)])
  func divisorFollowsTheClock(clock: UInt32, divisor: UInt16) {
    let device = Fake16550()
    var driver = UART16550Driver(registers: device, clockFrequency: clock)

    driver.start()

    #expect(device.divisor == divisor)
    #expect(device.lineControl == 0x03)
  }

  @Test func startKeepsWhatWasTypedBefore() {
    let device = Fake16550()
    device.incoming = Array("typed".utf8)
    var driver = UART16550Driver(registers: device, clockFrequency: 1_843_200)
    var input = ByteRing(capacity: 16)
    var output = OutputQueue()

    driver.start()
    let count = driver.service(receiving: &input, sending: &output)

    #expect(count == 5)
    #expect((0..<5).map { input[$0] } == Array("typed".utf8))
  }

  @Test func fullInputStopsTheInterruptAndLosesNothing() {
    let device = Fake16550()
    device.incoming = Array(0..<20)
    var driver = UART16550Driver(registers: device, clockFrequency: 0)
    var input = ByteRing(capacity: 16)
    var output = OutputQueue()
    driver.start()

    #expect(driver.service(receiving: &input, sending: &output) == 16)
    #expect(!device.isAsking)

    input.removeFirst(16)
    #expect(driver.service(receiving: &input, sending: &output) == 4)
    #expect((0..<4).map { input[$0] } == [16, 17, 18, 19])
  }

  @Test func slowTransmitterIsFilledAtItsInterrupts() {
    let device = Fake16550()
    device.transmitterRoom = 0
    var driver = UART16550Driver(registers: device, clockFrequency: 0)
    var input = ByteRing(capacity: 16)
    var output = OutputQueue()
    let text = [UInt8](repeating: 0x61, count: 50)
    driver.start()
    output.append(text, for: ReplyToken(rawValue: 1))

    _ = driver.service(receiving: &input, sending: &output)
    for expected in [16, 32, 48, 50] {
      #expect(output.takeFinished().isEmpty == (expected != 50))
      #expect(!device.isAsking)
      device.transmit()
      #expect(device.sent.count == expected)
      #expect(device.isAsking == (expected < 50))
      _ = driver.service(receiving: &input, sending: &output)
    }
    #expect(device.sent == text)
    #expect(device.interruptEnable == 0x01)
  }

  @Test func modemChangeIsReadAway() {
    let device = Fake16550()
    var driver = UART16550Driver(registers: device, clockFrequency: 0)
    var input = ByteRing(capacity: 16)
    var output = OutputQueue()
    driver.start()
    device.modemChanged = true

    _ = driver.service(receiving: &input, sending: &output)

    #expect(!device.isAsking)
  }

  // MARK: DesignWare

  /// What the firmware printed last may still be on its way out.
  @Test(arguments: [1, 2, 5_000])
  func aBusyDeviceIsSetUpWhenItIsIdle(looks: Int) {
    let device = Fake16550()
    device.busyLooks = looks
    var driver = UART16550Driver(registers: device, clockFrequency: 22_729_000)

    driver.start()

    #expect(!device.isAsking)
    #expect(device.divisor == 12)
    #expect(device.lineControl == 0x03)
    #expect(device.sent == [])
  }

  @Test func aDeviceThatStaysBusyKeepsItsSpeed() {
    let device = Fake16550()
    device.busyLooks = .max
    device.divisor = 7
    var driver = UART16550Driver(registers: device, clockFrequency: 22_729_000)

    driver.start()

    #expect(device.divisor == 7)
    #expect(device.sent == [])
  }

  /// The interrupt of a refused write ends when the device's status is read, and by nothing else.
  @Test func busyDetectIsReadAway() {
    let device = Fake16550()
    var driver = UART16550Driver(registers: device, clockFrequency: 0)
    var input = ByteRing(capacity: 16)
    var output = OutputQueue()
    driver.start()
    device.busyLooks = .max
    device.write(0x03, to: 3)
    #expect(device.isAsking)

    _ = driver.service(receiving: &input, sending: &output)

    #expect(!device.isAsking)
  }

  @Test func aTimeoutWithoutBytesIsReadAway() {
    let device = Fake16550()
    var driver = UART16550Driver(registers: device, clockFrequency: 0)
    var input = ByteRing(capacity: 16)
    var output = OutputQueue()
    driver.start()
    device.hasEmptyTimeout = true

    #expect(driver.service(receiving: &input, sending: &output) == 0)

    #expect(!device.isAsking)
  }

  /// Register 31 is another device's where a 16550 is plain.
  @Test func aPlainDevicesStatusIsNeverRead() {
    let device = Fake16550()
    device.incoming = Array("typed".utf8)
    device.modemChanged = true
    var driver = UART16550Driver(registers: device, clockFrequency: 1_843_200)
    var input = ByteRing(capacity: 16)
    var output = OutputQueue()
    driver.start()
    output.append([0x61], for: ReplyToken(rawValue: 1))

    _ = driver.service(receiving: &input, sending: &output)

    #expect(!device.trace.contains(.read(31)))
  }

  @Test func brokenDeviceHoldsTheConsoleForABoundedTime() {
    struct AlwaysAsking: RegisterAccess {
      func read(_ register: Int) -> UInt8 { register == 2 ? 0x06 : 0 }
      func write(_ value: UInt8, to register: Int) {}
    }
    var driver = UART16550Driver(registers: AlwaysAsking(), clockFrequency: 0)
    var input = ByteRing(capacity: 16)
    var output = OutputQueue()

    #expect(driver.service(receiving: &input, sending: &output) == 0)
  }
}
