import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// The auditor finds page tables that give more than they may, whoever made them.
@Suite struct TableAuditTests {
  /// A page of a process whose entry says what it must not.
  @Test(
    arguments: [
      .read.union(.write).union(.execute).union(.user),
      .write.union(.execute),
      .read.union(.write),
      .read.union(.execute),
      .read.union(.write).union(.user).union(.global),
    ] as [PageRights])
  func `VSP_007 aUserPageWithOtherRightsIsFound`(rights: PageRights) {
    let machine = TestMachine()
    let actor = machine.spawn()
    let root = machine.kernel.objects[actor.process].space.root
    guard let place = Self.leaf(of: Actor.scratch, below: root, machine) else {
      Issue.record("the page of every process is not mapped")
      return
    }
    #expect(machine.findings == [])

    let word = machine.kernel.window.load(place.entry, as: UInt64.self)
    let damage = SimulatedPageTableFormat.leaf(at: place.frame, anyRights: rights)
    machine.kernel.window.store(damage, at: place.entry)
    let findings = KernelAuditor.audit(machine.kernel)
    machine.kernel.window.store(word, at: place.entry)

    let page = "page \(String(Actor.scratch, radix: 16)): rights \(rights.bits)"
    #expect(findings.contains(page), "\(findings)")
    #expect(machine.findings == [])
  }

  /// A page of the kernel's half that user mode could use, or that is data and code at once.
  @Test(
    arguments: [
      .read.union(.user), .execute.union(.user), .write.union(.execute).union(.global),
    ] as [PageRights])
  func `VSP_007 aKernelPageWithOtherRightsIsFound`(rights: PageRights) {
    let machine = TestMachine()
    let format = machine.kernel.format
    // The one entry of the kernel's half: see Boot.
    let entry = machine.kernel.kernelRoot.rawValue + 300 * 8
    guard
      case .table(let table) = format.decode(
        machine.kernel.window.load(entry, as: UInt64.self), level: format.levelCount - 1)
    else {
      Issue.record("the kernel's half is empty")
      return
    }
    let unused = table.rawValue + 8
    #expect(machine.findings == [])

    machine.kernel.window.store(
      SimulatedPageTableFormat.leaf(at: PhysicalAddress(0), anyRights: rights), at: unused)
    let findings = KernelAuditor.audit(machine.kernel)
    machine.kernel.window.store(UInt64(0), at: unused)

    #expect(findings.contains { $0.hasPrefix("kernel page ") }, "\(findings)")
    #expect(machine.findings == [])
  }

  /// An address space whose upper half is not the kernel's.
  @Test func `VSP_007 anOwnEntryInTheKernelHalfIsFound`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    let root = machine.kernel.objects[actor.process].space.root.rawValue
    let entry = root + 301 * 8
    #expect(machine.findings == [])

    let word = machine.kernel.window.load(root, as: UInt64.self)
    machine.kernel.window.store(word, at: entry)
    let findings = KernelAuditor.audit(machine.kernel)
    machine.kernel.window.store(UInt64(0), at: entry)

    #expect(findings.contains("a shared root entry differs from the kernel's"), "\(findings)")
    #expect(machine.findings == [])
  }

  /// Where the entry of a page is, and the frame that it names.
  private static func leaf(
    of page: UInt64, below root: PhysicalAddress, _ machine: TestMachine
  ) -> (entry: UInt64, frame: PhysicalAddress)? {
    let format = machine.kernel.format
    var walk = PageTableWalk(to: page, from: root, levelCount: format.levelCount)
    while true {
      let word = machine.kernel.window.load(walk.entryAddress, as: UInt64.self)
      switch format.decode(word, level: walk.level) {
      case .table(let next): walk.descend(to: next)
      case .leaf(let frame, _): return (walk.entryAddress, frame)
      case .empty: return nil
      }
    }
  }
}
