import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// A kernel is a value: it can be copied, stepped and compared.
@Suite struct KernelCopyTests {
  @Test func sameStepsOnACopyGiveTheSameState() {
    var original = TestMachine().kernel.forked()
    var copy = original.forked()

    step(&original, word: 7)
    step(&copy, word: 7)

    #expect(original.platform.digest == copy.platform.digest)
  }

  @Test func stepsOnACopyLeaveTheOriginalAlone() {
    let original = TestMachine().kernel.forked()
    let before = original.platform.digest
    var copy = original.forked()

    step(&copy, word: 7)

    let after = original.platform.digest
    let changed = copy.platform.digest
    #expect(after == before)
    #expect(changed != before)
  }

  /// Makes a notification, as the current thread's system call.
  private func step(_ kernel: inout TestKernel, word: UInt64) {
    kernel.enter(cpu: 0)
    let thread = kernel.current
    kernel.objects[thread].registers.callWord = CallWord(.create).rawValue
    kernel.objects[thread].registers.argument0 = UInt64(TestMachine.budgetHandle.rawValue)
    kernel.objects[thread].registers.argument1 = UInt64(ObjectType.notification.rawValue)
    kernel.objects[thread].registers.argument2 = UInt64(SlotChoice.any)
    kernel.objects[thread].registers[word: 0] = word
    kernel.takeGeneralPath()
    kernel.leave()
  }
}

extension Kernel where P == SimulatedPlatform {
  /// A copy on a copy of the machine.
  borrowing func forked() -> TestKernel { Kernel(copying: self, onto: platform.clone()) }
}
