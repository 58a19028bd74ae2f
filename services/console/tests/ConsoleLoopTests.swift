import Libmnos
import LibmnosHost
import Testing

@testable import ConsoleService

/// The loop around the console's logic, against a kernel that notes who is answered.
struct ConsoleLoopTests {
  private final class Kernel {
    var now: UInt64 = 5_000
    /// Rights that were answered, with the first two words.
    var answers: [[UInt64]] = []
    var acknowledged = 0

    func answer(_ registers: inout CallRegisters) {
      let word = CallWord(rawValue: registers.call)
      registers.call = 0
      switch SyscallNumber(rawValue: UInt8(word.number)) {
      case .clock: registers.argument0 = now
      case .acknowledge: acknowledged += 1
      case .reply:
        answers.append([UInt64(word.reply.rawValue), registers.words[1], registers.words[2]])
      default: break
      }
    }
  }

  private func read(
    _ loop: inout ConsoleLoop<UART16550Driver<Fake16550>>, by right: UInt32
  ) {
    var none = ReceivedCapabilities()
    _ = loop.handle(
      .read, from: 0, with: &none,
      reply: PendingReply(ReplyRight(adopting: Handle(rawValue: right))))
  }

  /// Nobody interrupts, and yet what is typed arrives.
  @Test func portWithoutAnInterruptIsPolled() {
    let kernel = Kernel()
    let device = Fake16550()
    HostTrap.answering(by: kernel.answer) {
      var loop = ConsoleLoop(
        driver: UART16550Driver(registers: device, clockFrequency: 0), interrupt: nil)
      #expect(loop.nextDeadline == 5_000 + 1_000_000)
      read(&loop, by: 77)
      loop.handleDeadline()
      #expect(kernel.answers.isEmpty)

      device.incoming = [0x61]
      kernel.now = 1_005_000
      loop.handleDeadline()

      #expect(kernel.answers == [[77, 1, 0x61]])
      #expect(loop.nextDeadline == 2_005_000)
      #expect(kernel.acknowledged == 0)
    }
  }

  @Test func portWithAnInterruptIsNotPolled() {
    let kernel = Kernel()
    let device = Fake16550()
    HostTrap.answering(by: kernel.answer) {
      var loop = ConsoleLoop(
        driver: UART16550Driver(registers: device, clockFrequency: 0),
        interrupt: Interrupt(adopting: Handle(rawValue: 9)))
      #expect(loop.nextDeadline == Deadline.never)
      read(&loop, by: 77)
      device.incoming = [0x61]
      loop.handleSignals(1)

      #expect(kernel.answers == [[77, 1, 0x61]])
      #expect(loop.nextDeadline == Deadline.never)
      // Once for an interrupt that an earlier driver may have left.
      #expect(kernel.acknowledged == 2)
    }
  }
}
