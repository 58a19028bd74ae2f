import Foundation
import KernelHAL
import MnosABI
import Testing

@testable import PlatformRISCV64

@Suite struct RISCVRegistersTests {
  @Test func newFrameHasOnlyItsArguments() {
    let frame = RISCVRegisters(
      entry: VirtualAddress(0x10000), stack: VirtualAddress(0x20000), argument: 7)

    #expect(frame.programCounter == 0x10000)
    #expect(frame.stackPointer == 0x20000)
    #expect(frame.argument0 == 7)
    for index in 2..<RISCVRegisters.recordWordCount where index != 25 {
      #expect(frame.recordWord(at: index) == 0, "word \(index)")
    }
  }

  /// Offsets as the assembly has them, by the register's place in the record.
  private static let assemblyNames = [
    "PC", "SP", nil, "RA", "GP", "TP", "T0", "T1", "T2", "T3", "T4", "T5", "T6", "S0", "S1", "S2",
    "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "A0", "A1", "A2", "A3", "A4", "A5",
    "A6", "A7",
  ]

  /// `#define FRAME_<name> <offset>` in the assembly's header.
  private func assemblyOffsets() throws -> [String: Int] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let header = folder.deletingLastPathComponent().appendingPathComponent("asm/Frame.h")
    var offsets: [String: Int] = [:]
    for line in try String(contentsOf: header, encoding: .utf8).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 3, words[0] == "#define", words[1].hasPrefix("FRAME_") {
        offsets[String(words[1].dropFirst(6))] = Int(words[2])
      }
    }
    return offsets
  }

  @Test func frameIsLaidOutAsTheAssemblyStoresIt() throws {
    let offsets = try assemblyOffsets()
    #expect(Self.assemblyNames.count == RISCVRegisters.recordWordCount)
    #expect(RISCVRegisters.recordWordCount <= Int(Limits.registerWords))

    for (index, name) in Self.assemblyNames.enumerated() {
      guard let name else { continue }
      var frame = RISCVRegisters(
        entry: VirtualAddress(0), stack: VirtualAddress(0), argument: 0)
      frame.setRecordWord(at: index, to: 0x1122_3344_5566_7788)
      let offset = try #require(offsets[name])
      // SAFETY: the offset is that of a doubleword of the frame; `load` checks it.
      let stored = unsafe withUnsafeBytes(of: frame) {
        unsafe $0.load(fromByteOffset: offset, as: UInt64.self)
      }
      #expect(stored == 0x1122_3344_5566_7788, "\(name)")
    }
    #expect(offsets["CPU"] == MemoryLayout<RISCVRegisters>.offset(of: \.cpuBlock))
    #expect(MemoryLayout<RISCVRegisters>.size == 264)
  }

  @Test func recordWordsAreKeptApart() {
    var frame = RISCVRegisters(entry: VirtualAddress(0), stack: VirtualAddress(0), argument: 0)

    for index in 0..<RISCVRegisters.recordWordCount {
      frame.setRecordWord(at: index, to: UInt64(index) * 2 + 100)
    }

    for index in 0..<RISCVRegisters.recordWordCount {
      let expected = index == 2 ? 0 : UInt64(index) * 2 + 100
      #expect(frame.recordWord(at: index) == expected, "word \(index)")
    }
  }

  @Test func recordNeverReachesTheCPUBlock() {
    var frame = RISCVRegisters(entry: VirtualAddress(0), stack: VirtualAddress(0), argument: 0)

    for index in 0...Int(Limits.registerWords) { frame.setRecordWord(at: index, to: .max) }

    #expect(frame.cpuBlock == 0)
    #expect(frame.programCounter == UInt64.max - 1)
  }

  @Test func messageWordsAreTheArgumentRegisters() {
    var frame = RISCVRegisters(entry: VirtualAddress(0), stack: VirtualAddress(0), argument: 0)

    for index in 0..<8 { frame[word: index] = UInt64(index) + 1 }

    // a3 to a6, then t0 to t3.
    #expect((28..<32).map { frame.recordWord(at: $0) } == [1, 2, 3, 4])
    #expect((6..<10).map { frame.recordWord(at: $0) } == [5, 6, 7, 8])
  }

  @Test(
    arguments: [
      (0, true), (2, true), (1, false), ((1 << 38) - 2, true), ((1 << 56) - 2, true),
      (1 << 56, false), (0xffff_ffff_8000_0000, false), (.max, false),
    ] as [(UInt64, Bool)])
  func entryIsEvenAndInTheLowerHalf(entry: UInt64, isValid: Bool) {
    #expect(RISCVRegisters.isValidEntry(entry) == isValid)
  }

  @Test func freshExtendedStateIsZeroAndUnused() {
    let state = RISCVExtendedState()

    // SAFETY: the bytes are read while the state is in place.
    let isZero = unsafe withUnsafeBytes(of: state) { unsafe $0.allSatisfy { $0 == 0 } }

    #expect(isZero)
    #expect(MemoryLayout<RISCVExtendedState>.offset(of: \.control) == 256)
  }

  @Test func floatStatusIsReadFromItsField() {
    for (bits, status) in [(0, FloatStatus.off), (1, .initial), (2, .clean), (3, .dirty)]
      as [(UInt64, FloatStatus)]
    {
      #expect(FloatStatus(sstatus: bits << 13) == status)
      #expect(FloatStatus(sstatus: bits << 13 | ~(3 << 13)) == status)
      #expect(status.bits == bits << 13)
    }
  }
}
