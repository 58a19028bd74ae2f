import KernelHAL
import MnosABI
import PlatformSim
import ProgramFormat
import Testing

@testable import KernelCore

/// What the first process is started with.
@Suite struct InitialProcessTests {
  /// A program of a page of code, which begins with `firstWord`, and a page of data.
  private static func programFile(firstWord: UInt64) -> [UInt64] {
    var words = [UInt64](repeating: 0, count: 3 * 512)
    func set(_ offset: Int, _ byteCount: Int, _ value: UInt64) {
      words[offset / 8] |= value << UInt64(offset % 8 * 8)
      assert(offset % 8 + byteCount <= 8)
    }
    set(0, 8, 0x0001_0102_464c_457f)
    set(16, 2, 3)
    set(18, 2, UInt64(ProgramMachine.x86_64.rawValue))
    set(20, 4, 1)
    set(24, 8, 0x1000)
    set(32, 8, 64)
    set(52, 2, 64)
    set(54, 2, 56)
    set(56, 2, 2)
    for (index, flags) in [5, 6].enumerated() as EnumeratedSequence<[UInt64]> {
      let start = 64 + index * 56
      let place = UInt64(index + 1) * 4096
      set(start, 4, 1)
      set(start + 4, 4, flags)
      for (field, value) in [place, place, place, 4096, 4096, 4096].enumerated() {
        set(start + 8 + field * 8, 8, UInt64(value))
      }
    }
    words[512] = firstWord
    return words
  }

  /// A kernel that was to start init, and why it could not.
  struct Booted: ~Copyable {
    var kernel: TestKernel
    var failure: Failure?
  }

  /// A kernel that started init with these devices, as KernelImage does.
  private static func started(
    _ devices: [DeviceDescription] = [], firstWord: UInt64 = 0x1234
  ) throws -> TestKernel {
    let booted = try booted(devices, firstWord: firstWord)
    if let failure = booted.failure { throw failure }
    return booted.kernel
  }

  /// - Parameter prepare: Called before init is made.
  static func booted(
    _ devices: [DeviceDescription] = [], firstWord: UInt64 = 0x1234,
    prepare: (inout TestKernel) -> Void = { _ in }
  ) throws -> Booted {
    var kernel = Boot.makeKernel(SimulatedPlatform.Configuration())
    let words = programFile(firstWord: firstWord)
    let frames = kernel.frames.allocate(count: 3)
    let file = try #require(frames)
    for (index, word) in words.enumerated() {
      kernel.platform.setPhysicalWord(word, at: UInt64(file) << 12 + UInt64(index) * 8)
    }
    let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    var request = InitialRequest()
    request.program = UInt64(file) << 12
    request.programByteCount = UInt64(bytes.count)
    request.randomSeed = 0x5eed_0000
    for (index, device) in devices.enumerated() { request.devices[index] = device }
    let image = try ProgramImage(bytes.span, for: .x86_64)
    prepare(&kernel)
    kernel.enter(cpu: 0)
    do throws(Failure) {
      try kernel.startInit(request, image: image)
    } catch {
      return Booted(kernel: kernel, failure: error)
    }
    kernel.leave()
    return Booted(kernel: kernel, failure: nil)
  }

  /// A word of what init was given, read by init.
  private static func word(
    of kernel: inout TestKernel, at offset: Int?
  ) -> UInt64 {
    let page = kernel.objects[kernel.current].registers.argument0
    guard let offset else { return .max }
    let aligned = UInt64(offset) & ~7
    guard case .done(let word) = kernel.platform.load(page + aligned) else { return .max }
    return word >> (UInt64(offset) & 7 * 8)
  }

  private static func serialPort(registers: UInt64 = 0, line: UInt32?) -> DeviceDescription {
    var device = DeviceDescription()
    device.kind = .serial16550
    device.registers = registers
    device.registerByteCount = registers == 0 ? 0 : 0x100
    if registers == 0 { device.ports = PortRange(first: 0x3f8, count: 8) }
    device.line = line
    return device
  }

  private static func handle(
    _ kernel: inout TestKernel, device index: Int, _ field: PartialKeyPath<DeviceRecord>
  ) -> UInt32 {
    let start = MemoryLayout<BootInfo>.offset(of: \.devices)
    let place =
      (start ?? 0) + index * MemoryLayout<DeviceRecord>.stride
      + (MemoryLayout<DeviceRecord>.offset(of: field) ?? 0)
    return UInt32(truncatingIfNeeded: word(of: &kernel, at: place))
  }

  /// The code is in its pages before the pages are published as code.
  @Test func initsCodeIsThereBeforeItIsMapped() throws {
    var kernel = try Self.started(firstWord: 0xabcd_0123)

    let entry = kernel.objects[kernel.current].registers.programCounter
    var word: UInt64?
    if case .done(let place) = kernel.platform.fetch(entry) {
      word = kernel.platform.physicalWord(at: place)
    }
    let magic = Self.word(of: &kernel, at: 0)
    let violations = kernel.platform.violations

    #expect(word == 0xabcd_0123)
    #expect(violations.isEmpty)
    #expect(entry & 4095 == 0)
    #expect(magic == BootInfo.expectedMagic)
  }

  /// Interrupt lines may be shared; each device has a capability to it.
  @Test func devicesOfOneLineShareTheInterrupt() throws {
    var kernel = try Self.started([
      Self.serialPort(registers: 0x1000_0000, line: 3),
      Self.serialPort(registers: 0x1000_1000, line: 3),
      Self.serialPort(registers: 0x1000_2000, line: 4),
    ])

    let handles = (0..<3).map { Self.handle(&kernel, device: $0, \.interrupt) }

    let process = kernel.objects[kernel.current].process
    let objects = handles.map {
      let slot = kernel.objects[process].table.slot(
        at: Handle(rawValue: $0).slot, in: kernel.objects)
      return kernel.objects[slot].object
    }
    #expect(handles.allSatisfy { $0 != 0 } && Set(handles).count == 3)
    #expect(objects[0] == objects[1] && objects[1] != objects[2])
    let count = kernel.objects.shared.count(of: .interrupt)
    #expect(count == 2)
  }

  /// Tables that place a device in RAM, or where nothing can be, do not get their way.
  @Test(arguments: [0x8_0000_3000, 0x8_0000_5f80, 1 << 52, .max - 0xff] as [UInt64])
  func registersThatCannotBeAreLeftOut(registers: UInt64) throws {
    var kernel = try Self.started([
      Self.serialPort(registers: registers, line: 3),
      Self.serialPort(registers: 0x1000_1000, line: 4),
    ])

    let place = try #require(MemoryLayout<BootInfo>.offset(of: \.deviceCount))
    let count = UInt32(truncatingIfNeeded: Self.word(of: &kernel, at: place))
    let memory = Self.handle(&kernel, device: 0, \.registers)
    let interrupt = Self.handle(&kernel, device: 0, \.interrupt)
    #expect(count == 1)
    #expect(memory != 0)
    #expect(interrupt != 0)
  }
}
