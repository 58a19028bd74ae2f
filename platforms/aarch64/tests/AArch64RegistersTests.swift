import Foundation
import KernelHAL
import MnosABI
import Testing

@testable import PlatformAArch64

@Suite struct AArch64RegistersTests {
  private let empty = AArch64Registers(
    entry: VirtualAddress(0), stack: VirtualAddress(0), argument: 0)

  @Test func newFrameHasOnlyItsArguments() {
    let frame = AArch64Registers(
      entry: VirtualAddress(0x10000), stack: VirtualAddress(0x20000), argument: 7)

    #expect(frame.programCounter == 0x10000)
    #expect(frame.stackPointer == 0x20000)
    #expect(frame.argument0 == 7)
    for index in 2..<AArch64Registers.recordWordCount where index != 3 {
      #expect(frame.recordWord(at: index) == 0, "word \(index)")
    }
  }

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

  /// Where the assembly stores the record's word `index`: register pairs have the offset of
  /// their first, or of the register that shares their place.
  private func assemblyOffset(ofWord index: Int, in offsets: [String: Int]) -> Int? {
    switch index {
    case 0: return offsets["PC"]
    case 1: return offsets["SP"]
    case 2: return offsets["PSTATE"]
    case 34: return offsets["TPIDR"]
    default:
      let register = index - 3
      if let offset = offsets["X\(register)"] { return offset }
      return offsets["X\(register - 1)"].map { $0 + 8 }
    }
  }

  @Test func frameIsLaidOutAsTheAssemblyStoresIt() throws {
    let offsets = try assemblyOffsets()
    #expect(AArch64Registers.recordWordCount == 35)
    #expect(AArch64Registers.recordWordCount <= Int(Limits.registerWords))

    for index in 0..<AArch64Registers.recordWordCount {
      var frame = empty
      frame.setRecordWord(at: index, to: 0x1122_3344_9000_0000)
      let offset = try #require(assemblyOffset(ofWord: index, in: offsets), "word \(index)")
      // SAFETY: the offset is that of a doubleword of the frame; `load` checks it.
      let stored = unsafe withUnsafeBytes(of: frame) {
        unsafe $0.load(fromByteOffset: offset, as: UInt64.self)
      }
      #expect(stored == (index == 2 ? 0x9000_0000 : 0x1122_3344_9000_0000), "word \(index)")
    }
    #expect(MemoryLayout<AArch64Registers>.size == 280)
  }

  @Test func recordWordsAreKeptApart() {
    var frame = empty

    for index in 0..<AArch64Registers.recordWordCount {
      frame.setRecordWord(at: index, to: UInt64(index) * 4 + 100)
    }

    for index in 0..<AArch64Registers.recordWordCount {
      let expected = index == 2 ? 0 : UInt64(index) * 4 + 100
      #expect(frame.recordWord(at: index) == expected, "word \(index)")
    }
  }

  /// Mode, masks and single step are bits of the saved PSTATE: nobody can choose them.
  @Test func recordReachesTheConditionFlagsOnly() {
    var frame = empty

    for index in 0...Int(Limits.registerWords) { frame.setRecordWord(at: index, to: .max) }

    #expect(frame.pstate == 0xf000_0000)
    #expect(frame.recordWord(at: 2) == 0xf000_0000)
    #expect(frame.programCounter == UInt64.max - 3)
  }

  @Test func movingThePCForgetsTheLastInstruction() {
    var frame = empty
    // N, single step, illegal state, branch type.
    frame.pstate = 1 << 31 | 1 << 21 | 1 << 20 | 3 << 10

    frame.setRecordWord(at: 0, to: 0x4000)

    #expect(frame.pstate == 1 << 31)
  }

  @Test func messageWordsAreTheirRegisters() {
    var frame = empty

    for index in 0..<8 { frame[word: index] = UInt64(index) + 1 }
    frame.callWord = 9
    frame.argument1 = 10
    frame.argument2 = 11

    // x0 is word 3 of the record; x8, the call word, stands between two of the message.
    #expect((6..<11).map { frame.recordWord(at: $0) } == [1, 2, 3, 4, 5])
    #expect(frame.recordWord(at: 11) == 9)
    #expect((12..<15).map { frame.recordWord(at: $0) } == [6, 7, 8])
    #expect((3..<6).map { frame.recordWord(at: $0) } == [0, 10, 11])
  }

  @Test(
    arguments: [
      (0, true), (4, true), (1, false), (2, false), (3, false), ((1 << 48) - 4, true),
      (1 << 48, false), (0xffff_ffff_8000_0000, false), (.max, false),
    ] as [(UInt64, Bool)])
  func entryIsAlignedAndInTheUserHalf(entry: UInt64, isValid: Bool) {
    #expect(AArch64Registers.isValidEntry(entry) == isValid)
  }

  @Test func freshExtendedStateIsZeroAndUnused() {
    let state = AArch64ExtendedState()

    // SAFETY: the bytes are read while the state is in place.
    let isZero = unsafe withUnsafeBytes(of: state) { unsafe $0.allSatisfy { $0 == 0 } }

    #expect(isZero)
    #expect(MemoryLayout<AArch64ExtendedState>.offset(of: \.control) == 0)
    #expect(MemoryLayout<AArch64ExtendedState>.offset(of: \.status) == 8)
    #expect(MemoryLayout<AArch64ExtendedState>.offset(of: \.registers) == 16)
  }
}
