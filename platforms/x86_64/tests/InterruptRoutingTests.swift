import PlatformCommon
import Testing

@testable import PlatformX86_64

@Suite struct RedirectionEntryTests {
  @Test func risingEdgeHasNoSignalBits() {
    let entry = RedirectionEntry(vector: 0x34, signal: .isa, destination: 2, isMasked: false)

    #expect(entry.lowWord == 0x34)
    #expect(entry.highWord == 2 << 24)
  }

  @Test func lowLevelHasBothSignalBitsAndTheMask() {
    let entry = RedirectionEntry(vector: 0x40, signal: .pci, destination: 0, isMasked: true)

    #expect(entry.lowWord == 0x40 | 1 << 13 | 1 << 15 | 1 << 16)
  }
}

@Suite struct InterruptLineStatesTests {
  static let lines: [UInt32] = [0, 1, 63, 64, 127, 128, 191]

  @Test(arguments: lines)
  func enabledLineIsReported(_ line: UInt32) {
    var states = InterruptLineStates()

    let (change, isMissed) = states.enable(line)
    let arrival = states.arrive(line, isLevel: true)

    #expect(change == .unmask && !isMissed)
    #expect(arrival.isReported)
  }

  @Test(arguments: lines)
  func levelIsMaskedWhenDisabled(_ line: UInt32) {
    var states = InterruptLineStates()
    _ = states.enable(line)

    #expect(states.disable(line, isLevel: true) == .mask)
    #expect(states.disable(line, isLevel: true) == .none)
    #expect(states.enable(line) == (.unmask, false))
  }

  @Test(arguments: lines)
  func edgeOnADisabledLineIsMissedOnce(_ line: UInt32) {
    var states = InterruptLineStates()
    _ = states.watch(line)

    let arrival = states.arrive(line, isLevel: false)

    #expect(arrival == (false, .none))
    #expect(states.enable(line) == (.none, true))
    #expect(states.enable(line) == (.none, false))
  }

  @Test func secondEdgeOnADisabledLineMasksIt() {
    var states = InterruptLineStates()
    _ = states.enable(4)
    _ = states.disable(4, isLevel: false)

    #expect(states.arrive(4, isLevel: false) == (false, .none))
    #expect(states.arrive(4, isLevel: false) == (false, .mask))
    #expect(states.arrive(4, isLevel: false) == (false, .none))
    #expect(states.enable(4) == (.unmask, true))
  }

  @Test func levelOnADisabledLineIsMaskedAndForgotten() {
    var states = InterruptLineStates()
    _ = states.watch(20)

    #expect(states.arrive(20, isLevel: true) == (false, .mask))
    #expect(states.enable(20) == (.unmask, false))
  }

  @Test func linesDoNotDisturbEachOther() {
    var states = InterruptLineStates()
    for line in Self.lines { _ = states.watch(line) }

    _ = states.arrive(64, isLevel: false)

    for line in Self.lines where line != 64 { #expect(states.enable(line) == (.none, false)) }
    #expect(states.enable(64) == (.none, true))
  }
}
