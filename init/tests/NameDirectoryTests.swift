import Libmnos
import Testing

@testable import InitService

@Suite struct NameDirectoryTests {
  private let console = Name("console")
  private let vfs = Name("vfs")

  private func directory() -> NameDirectory {
    NameDirectory([entry("console", serves: ["console"]), entry("vfs", serves: ["vfs"])])
  }

  @Test func onlyTheOwnerMayRegister() {
    let names = directory()

    #expect(names.permits(console, by: 0))
    #expect(!names.permits(console, by: 1))
    #expect(!names.permits(console, by: 2))
    #expect(!names.permits(Name("other"), by: 0))
  }

  @Test func aNameIsUnknownAbsentOrThere() {
    var names = directory()
    #expect(names.find(Name("other")) == .unknown)
    #expect(names.find(vfs) == .absent)

    _ = names.register(vfs, Handle(rawValue: 9))

    #expect(names.find(vfs) == .endpoint(Handle(rawValue: 9)))
    #expect(names.isServed(vfs) && !names.isServed(console))
  }

  @Test func registeringWakesThoseWhoWaitForThatNameOnly() {
    var names = directory()
    for (number, name) in [(1, console), (2, vfs), (3, console)] {
      let didFit = names.addWaiter(.init(name: name, reply: Handle(rawValue: UInt32(number))))
      #expect(didFit)
    }

    let woken = names.register(console, Handle(rawValue: 9)).waiters

    #expect(woken.map(\.reply.rawValue) == [1, 3])
    #expect(names.waiterCount == 1)
  }

  @Test func registeringAgainGivesTheOldEndpointBack() {
    var names = directory()
    #expect(names.register(console, Handle(rawValue: 9)).replaced == .none)

    #expect(names.register(console, Handle(rawValue: 10)).replaced == Handle(rawValue: 9))
    #expect(names.find(console) == .endpoint(Handle(rawValue: 10)))
  }

  @Test func `SUP_005 noEndpointOfAnOwnerThatEndedIsFound`() {
    var names = directory()
    _ = names.register(console, Handle(rawValue: 9))
    _ = names.register(vfs, Handle(rawValue: 10))

    #expect(names.ownerEnded(0) == [Handle(rawValue: 9)])
    #expect(names.find(console) == .absent)
    #expect(names.find(vfs) == .endpoint(Handle(rawValue: 10)))
    #expect(names.ownerEnded(0) == [])
  }

  private func keepingDirectory() -> NameDirectory {
    NameDirectory([
      entry("console", serves: ["console"], keepsQueue: true), entry("vfs", serves: ["vfs"]),
    ])
  }

  @Test func aKeptQueueIsThereBeforeItsOwnerServesItAndAfterItEnded() {
    var names = keepingDirectory()
    let queue = Handle(rawValue: 9)
    #expect(names.find(console) == .absent)

    #expect(names.keep(console, queue) == [])
    #expect(names.find(console) == .queue(queue))
    #expect(!names.isServed(console))
    names.serve(console)
    #expect(names.find(console) == .endpoint(queue))
    #expect(names.ownerEnded(0) == [])
    #expect(names.find(console) == .queue(queue))
    names.serve(console)
    #expect(names.isServed(console))
  }

  @Test func whoeverWaitedForANameWaitsInItsQueueOnceThereIsOne() {
    var names = keepingDirectory()
    for (number, name) in [(1, console), (2, vfs)] as [(UInt32, Name)] {
      let didFit = names.addWaiter(.init(name: name, reply: Handle(rawValue: number)))
      #expect(didFit)
    }

    #expect(names.keep(console, Handle(rawValue: 9)).map(\.reply.rawValue) == [1])
    #expect(names.waiterCount == 1)
  }

  @Test func nobodyServesWhatIsNotThere() {
    var names = keepingDirectory()

    names.serve(console)

    #expect(names.find(console) == .absent && !names.isServed(console))
  }

  @Test func ownerThatIsGivenUpLeavesNeitherQueueNorWaiters() {
    var names = keepingDirectory()
    _ = names.keep(console, Handle(rawValue: 9))
    for (number, name) in [(1, console), (2, vfs)] as [(UInt32, Name)] {
      let didFit = names.addWaiter(.init(name: name, reply: Handle(rawValue: number)))
      #expect(didFit)
    }

    let left = names.ownerGivenUp(0)

    #expect(left.dropped == [Handle(rawValue: 9)])
    #expect(left.waiters.map(\.reply.rawValue) == [1])
    #expect(names.find(console) == .absent)
    #expect(names.waiterCount == 1)
    #expect(names.ownerGivenUp(0).dropped.isEmpty)
  }

  @Test func waitersAreBounded() {
    var names = directory()
    for number in 0..<NameDirectory.waiterCapacity {
      let didFit = names.addWaiter(.init(name: vfs, reply: Handle(rawValue: UInt32(number))))
      #expect(didFit)
    }

    let didFit = names.addWaiter(.init(name: vfs, reply: Handle(rawValue: 999)))
    #expect(!didFit)
  }
}
