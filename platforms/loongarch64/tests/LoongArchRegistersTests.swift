import KernelHAL
import MnosABI
import PlatformTesting
import Testing

@testable import PlatformLoongArch64

@Suite struct LoongArchRegistersTests {
  private func emptyFrame() -> LoongArchRegisters {
    LoongArchRegisters(entry: VirtualAddress(0), stack: VirtualAddress(0), argument: 0)
  }

  @Test func newFrameHasOnlyItsArguments() {
    let frame = LoongArchRegisters(
      entry: VirtualAddress(0x10000), stack: VirtualAddress(0x20000), argument: 7)

    #expect(frame.programCounter == 0x10000)
    #expect(frame.stackPointer == 0x20000)
    #expect(frame.argument0 == 7)
    for index in 2..<LoongArchRegisters.recordWordCount where index != 5 {
      #expect(frame.recordWord(at: index) == 0, "word \(index)")
    }
  }

  /// The registers in the order of the record: by number, sp being the second word.
  private static let names = [
    "PC", "SP", nil, "RA", "TP", "A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "T0", "T1", "T2",
    "T3", "T4", "T5", "T6", "T7", "T8", "R21", "FP", "S0", "S1", "S2", "S3", "S4", "S5", "S6",
    "S7", "S8",
  ]

  @Test func frameIsLaidOutAsTheAssemblyStoresIt() throws {
    let offsets = try AssemblyOffsets(header: "asm/Frame.h", prefix: "FRAME_")
    #expect(Self.names.count == LoongArchRegisters.recordWordCount)
    #expect(LoongArchRegisters.recordWordCount <= Int(Limits.registerWords))

    for (index, name) in Self.names.enumerated() {
      guard let name else { continue }
      var frame = emptyFrame()
      frame.setRecordWord(at: index, to: 0x1122_3344_5566_7788)
      let offset = try #require(offsets[name])
      // SAFETY: the offset is that of a doubleword of the frame; `load` checks it.
      let stored = unsafe withUnsafeBytes(of: frame) {
        unsafe $0.load(fromByteOffset: offset, as: UInt64.self)
      }
      #expect(stored == 0x1122_3344_5566_7788, "\(name)")
    }
    #expect(offsets["CPU"] == MemoryLayout<LoongArchRegisters>.offset(of: \.cpuBlock))
    #expect(MemoryLayout<LoongArchRegisters>.size == 264)
  }

  @Test func recordWordsAreKeptApart() {
    var frame = emptyFrame()

    for index in 0..<LoongArchRegisters.recordWordCount {
      frame.setRecordWord(at: index, to: UInt64(index) * 4 + 100)
    }

    for index in 0..<LoongArchRegisters.recordWordCount {
      let expected = index == 2 ? 0 : UInt64(index) * 4 + 100
      #expect(frame.recordWord(at: index) == expected, "word \(index)")
    }
  }

  @Test func recordNeverReachesTheCPUBlock() {
    var frame = emptyFrame()

    for index in 0...Int(Limits.registerWords) { frame.setRecordWord(at: index, to: .max) }

    #expect(frame.cpuBlock == 0)
    #expect(frame.programCounter == UInt64.max - 3)
  }

  @Test func messageWordsAreTheArgumentRegisters() {
    var frame = emptyFrame()

    for index in 0..<8 { frame[word: index] = UInt64(index) + 1 }

    // a3 to a6, then t0 to t3.
    #expect((8..<12).map { frame.recordWord(at: $0) } == [1, 2, 3, 4])
    #expect((13..<17).map { frame.recordWord(at: $0) } == [5, 6, 7, 8])
  }

  @Test(
    arguments: [
      (0, true), (4, true), (1, false), (2, false), ((1 << 47) - 4, true), (1 << 47, false),
      (0xffff_ffff_8000_0000, false), (.max, false),
    ] as [(UInt64, Bool)])
  func entryIsAWordInTheLowerHalf(entry: UInt64, isValid: Bool) {
    #expect(LoongArchRegisters.isValidEntry(entry) == isValid)
  }

  @Test func freshExtendedStateIsZeroAndUnused() {
    let state = LoongArchExtendedState()

    // SAFETY: the bytes are read while the state is in place.
    let isZero = unsafe withUnsafeBytes(of: state) { unsafe $0.allSatisfy { $0 == 0 } }

    #expect(isZero)
    // As asm/Extended.S has them.
    #expect(MemoryLayout<LoongArchExtendedState>.offset(of: \.conditions) == 256)
    #expect(MemoryLayout<LoongArchExtendedState>.offset(of: \.control) == 264)
  }
}
