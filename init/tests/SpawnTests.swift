import Libmnos
import ProgramFormat
import Testing

@testable import InitService

@Suite struct SpawnTests {
  @Test(
    arguments: [
      ("bin/hello\0a\0", "hello"), ("hello\0", "hello"), ("/x/y/z\0", "z"), ("bin/\0", nil),
      ("\0", nil), ("", nil), ("bin/hello", nil),
      ("a name that is much longer than 32 bytes\0", "a name that is much longer than "),
    ] as [(String, String?)])
  func theProcessIsNamedAfterItsProgram(arguments: String, name: String?) {
    let expected = name.flatMap { ShortName(Array($0.utf8).span) }

    #expect(SpawnArguments.programName(Array(arguments.utf8)) == expected)
  }

  @Test func pathIsTheFirstArgument() {
    #expect(SpawnArguments.path(Array("bin/x\0y\0".utf8)) == Array("bin/x".utf8))
  }

  @Test func badgeSaysWhoAndWhatFor() {
    for bits in 0..<8 {
      let badge = ClientBadge(
        process: .max, mayUseDirectory: bits & 1 != 0, mayUseProcesses: bits & 2 != 0,
        mayUsePower: bits & 4 != 0)
      #expect(ClientBadge(badge.rawValue) == badge)
    }
    #expect(ClientBadge(0) == ClientBadge(process: 0))
  }

  @Test(
    arguments: [
      (16384, 65536, 16384), (16384, 32768, 16384), (16384, 32767, 12288), (16384, 8192, 4096),
      (16384, 8191, 0), (16384, 0, 0),
    ] as [(wanted: UInt64, left: UInt64, given: UInt64)])
  func noProcessGetsMoreThanHalfOfWhatIsLeft(
    row: (wanted: UInt64, left: UInt64, given: UInt64)
  ) {
    #expect(Spawner.limit(row.wanted, ofFree: Spawner.reserve + row.left) == row.given)
  }

  /// However many programs are started on however small a machine.
  @Test(arguments: [0, 1 << 20, 4 << 20, 24 << 20, 64 << 20, 256 << 20, 1 << 40] as [UInt64])
  func initKeepsItsReserve(total: UInt64) {
    var free = total
    let wanted =
      Manifest.services.map(\.memoryLimit)
      + [UInt64](repeating: Manifest.spawned.memoryLimit, count: 256)

    for bytes in wanted { free -= Spawner.limit(bytes, ofFree: free) }

    #expect(free >= min(total, Spawner.reserve))
  }

  @Test func partsLieApartInUserAddressesWhateverTheSeed() throws {
    let image = try ProgramImage(TestProgram().bytes.span, for: .x86_64)
    for _ in 0..<2000 {
      let seed = UInt64.random(in: 0 ... .max)
      var random = RandomState(seed: seed)

      let plan = SpawnPlan(image, using: &random)

      #expect(plan.base % 4096 == 0 && plan.stackBase % 4096 == 0, "seed \(seed)")
      #expect(plan.entry == plan.base + image.entry, "seed \(seed)")
      #expect(AddressLayout.images.contains(plan.base), "seed \(seed)")
      #expect(AddressLayout.images.contains(plan.base + image.byteCount), "seed \(seed)")
      #expect(AddressLayout.stacks.contains(plan.stackBase - 4096), "seed \(seed)")
      #expect(AddressLayout.stacks.contains(plan.recordAddress + 4096), "seed \(seed)")
      #expect(plan.stackEnd - plan.stackBase == SpawnPlan.stackByteCount, "seed \(seed)")
      #expect(plan.recordAddress == plan.stackEnd + 4096, "seed \(seed)")
      #expect(plan.recordAddress < 1 << 38, "seed \(seed)")
    }
  }

  @Test func endsAreToldOnceAndTheOldestIsForgotten() {
    var processes = SpawnedProcesses()
    processes.addWaiter(for: 7, reply: Handle(rawValue: 70))
    processes.addWaiter(for: 8, reply: Handle(rawValue: 80))

    #expect(processes.ended(7, value: 3) == [Handle(rawValue: 70)])
    #expect(processes.takeEnd(of: 7) == nil)
    #expect(processes.ended(9, value: 4) == [])
    #expect(processes.takeEnd(of: 9) == 4)
    #expect(processes.takeEnd(of: 9) == nil)
    for number in 100..<(101 + UInt32(SpawnedProcesses.endCapacity)) {
      _ = processes.ended(number, value: 1)
    }
    #expect(processes.takeEnd(of: 100) == nil)
    #expect(processes.takeEnd(of: 101) == 1)
  }
}
