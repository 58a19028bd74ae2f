import Foundation
import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// A chain of blocked senders, each carrying the last reader of the endpoint before.
///
/// When the last reader of the last endpoint goes, its sender wakes, which drops the copy it
/// carried, which was the last reader of the endpoint before, and so on.
@Suite struct SenderChainTests {
  typealias Transfers = TestMachine.Transfers

  /// How the last reader goes.
  enum End: CaseIterable, CustomTestStringConvertible {
    case delete, destroyEndpoint, endProcess, endThread, timeOut, maskedMove
    var testDescription: String { "\(self)" }
  }

  final class Chain {
    let machine: TestMachine
    /// The senders, from the one whose endpoint everything hangs on to the one that
    /// carries nothing.
    var senders: [Actor] = []
    /// Holds the last reader.
    let holder: Actor
    var lastReader: Handle
    /// What the last reader was derived from, in init's table.
    let parent: Handle

    init(length: Int, isOneProcess: Bool) {
      machine = TestMachine(frames: isOneProcess ? 512 + length : 1024 + 8 * length)
      holder = machine.spawn()
      let home = machine.spawn()
      // Handles in init's table: senders get what they send through from here.
      var previousReader: Handle?
      var last = machine.makeEndpoint()
      for index in 0..<length {
        let sender = isOneProcess ? machine.addThread(to: home) : machine.spawn()
        let sending = machine.give(
          last, to: sender, rights: Rights.write.union(.grant).union(.call))
        if let previousReader {
          let carried = machine.give(previousReader, to: sender)
          machine.send(sender, sending, [1], .copy(carried))
          machine.delete(isOneProcess ? home : machine.addThread(to: sender), carried)
          machine.delete(machine.initial, previousReader)
        } else {
          machine.send(sender, sending, [1])
        }
        senders.append(sender)
        previousReader = last
        if index < length - 1 { last = machine.makeEndpoint() }
      }
      // `last` is the endpoint of the last sender: its readers are init's and the copies.
      parent = last
      lastReader = machine.give(last, to: holder)
    }

    /// Takes init's own reader away, so that `lastReader` is the last.
    func letGo() {
      machine.delete(machine.initial, parent)
    }
  }

  @Test(arguments: End.allCases, [true, false])
  func `IPC_501 allWakeInBoundedSteps`(end: End, isOneProcess: Bool) {
    let length = isOneProcess ? 400 : 130
    let chain = Chain(length: length, isOneProcess: isOneProcess)
    let machine = chain.machine
    #expect(chain.senders.allSatisfy { machine.outcome($0) == .blocked })
    var last: Actor?
    if end == .timeOut {
      // The last reader is in a message that is given up at its deadline.
      let other = machine.give(machine.makeEndpoint(), to: chain.holder)
      let sender = machine.addThread(to: chain.holder)
      machine.send(
        sender, other, [1], deadline: machine.now + 1_000, .copy(chain.lastReader))
      machine.delete(chain.holder, chain.lastReader)
      last = sender
    }
    if end != .destroyEndpoint { chain.letGo() }

    let largest = machine.largestRelease {
      switch end {
      case .delete: machine.delete(chain.holder, chain.lastReader)
      case .destroyEndpoint: machine.destroy(machine.initial, chain.parent)
      case .endProcess: machine.destroy(machine.initial, chain.holder.processHandle)
      case .endThread: machine.call(chain.holder, .exit, 3)
      case .timeOut: machine.advance(to: machine.now + 1_000)
      case .maskedMove:
        let other = machine.give(machine.makeEndpoint(), to: chain.holder)
        let taker = machine.addThread(to: chain.holder)
        machine.receive(taker, other, .acceptAny)
        machine.send(
          chain.holder, other, [],
          Transfers(attached: [(chain.lastReader, .write, true)]))
      }
    }

    for sender in chain.senders { #expect(machine.outcome(sender).status == .peerGone) }
    if let last { #expect(machine.outcome(last).status == .timedOut) }
    #expect(largest <= 64)
    #expect(machine.findings == [])
  }

  /// Long enough for a kernel that recursed to need many times the stack that it has here.
  @Test func `IPC_501 depthDoesNotMatter`() {
    // SAFETY: this thread waits while the other uses the machine.
    nonisolated(unsafe) let chain = Chain(length: 3_000, isOneProcess: true)
    unsafe chain.letGo()
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      // SAFETY: as above.
      _ = unsafe chain.machine.delete(chain.holder, chain.lastReader)
      done.signal()
    }
    thread.stackSize = 256 << 10
    thread.start()
    done.wait()

    // SAFETY: the other thread is done.
    let outcomes = unsafe chain.senders.map { unsafe chain.machine.outcome($0).status }
    #expect(outcomes.allSatisfy { $0 == .peerGone })
  }
}
