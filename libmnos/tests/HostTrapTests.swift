import Dispatch
import LibmnosHost
import Testing

@testable import Libmnos

/// Tests run beside each other in one process, each against a kernel of its own.
struct HostTrapTests {
  /// The handles that a kernel for `body` alone was asked to delete.
  private func deletedHandles(_ body: () -> Void) -> [UInt64] {
    var deleted: [UInt64] = []
    HostTrap.answering {
      deleted.append($0.argument0)
      $0.call = 0
    } _: {
      body()
    }
    return deleted
  }

  @Test func callsOfAnotherTestAreNotSeen() {
    let isSet = DispatchSemaphore(value: 0)
    let isOver = DispatchSemaphore(value: 0)
    let deleted = deletedHandles {
      // The other one begins within this one and ends after it, so each way of sharing shows.
      DispatchQueue.global().async {
        _ = HostTrapTests().deletedHandles {
          Handle(rawValue: 7).delete()
          isSet.signal()
          isOver.wait()
        }
      }
      isSet.wait()
      Handle(rawValue: 8).delete()
      isOver.signal()
    }

    #expect(deleted == [8])
  }

  @Test func kernelWithinAnotherEndsAlone() {
    let deleted = deletedHandles {
      #expect(deletedHandles { Handle(rawValue: 7).delete() } == [7])
      Handle(rawValue: 8).delete()
    }

    #expect(deleted == [8])
  }

  @Test func withoutAKernelCallsAreUnavailable() {
    #expect(throws: SyscallStatus.unavailable) { try Budget(adopting: Handle(rawValue: 1)).usage() }
  }
}
