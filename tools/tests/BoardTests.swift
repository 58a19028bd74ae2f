import Foundation
import Testing
import ToolSupport

@testable import Builder
@testable import Machine
@testable import mnos

@Suite struct BoardTests {
  @Test func everyArchitectureHasABoard() {
    #expect(Set(Board.all.map(\.architecture)) == Set(Architecture.all.map(\.name)))
  }

  @Test(arguments: Board.all.map(\.architecture))
  func everyFactIsShownOrHasAReason(architecture: String) throws {
    let board = try Board.of(architecture)
    let shown = Set(board.machines.flatMap(\.facts))

    for fact in MachineFact.allCases {
      let isShown = shown.contains(fact)
      let reason = board.inapplicable[fact]
      #expect(isShown == (reason == nil), "\(fact)")
      #expect(reason?.isEmpty != true)
    }
  }

  @Test(arguments: Board.all.map(\.architecture))
  func namesOfMachinesAreUnique(architecture: String) throws {
    let names = try Board.of(architecture).machines.map(\.name)

    #expect(Set(names).count == names.count)
  }

  @Test(arguments: Board.all.map(\.architecture))
  func firstMachineNeedsNoBIOS(architecture: String) throws {
    #expect(try Board.of(architecture).machines[0].firmware == .uefi)
  }

  @Test func unknownMachineIsAUsageErrorThatListsThem() throws {
    let board = try Board.of("riscv64")

    let failure = #expect(throws: ToolFailure.self) { try board.machine("toaster") }

    #expect(failure?.exitStatus == 64)
    #expect(failure?.message.contains(board.machines[0].name) == true)
  }

  @Test func missingFirmwareNamesFileAndPackage() {
    let board = Board(
      architecture: "x", firmware: (["/nowhere/CODE.fd"], "x-firmware"), hasBIOS: false,
      arguments: [], machines: [], inapplicable: [:])

    let failure = #expect(throws: ToolFailure.self) { try board.firmwareArguments(.uefi) }

    #expect(failure?.message.contains("/nowhere/CODE.fd") == true)
    #expect(failure?.message.contains("x-firmware") == true)
  }

  @Test(arguments: ["aarch64", "riscv64", "loongarch64"])
  func machinesWithoutBIOSRefuseIt(architecture: String) throws {
    let board = try Board.of(architecture)

    #expect(throws: ToolFailure.self) { try board.firmwareArguments(.bios) }
  }

  /// docs/ports/machines.md shows exactly the machines that `test` boots.
  @Test func documentListsTheMachines() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path
    let document = try Files.text(of: "\(root)/docs/ports/machines.md").split(separator: "\n")
    let rows = document.map(String.init).filter { $0.hasPrefix("| ") }

    for line in try MachinesCommand.table(Architecture.all.map(\.name)) {
      #expect(rows.contains(line), "missing in docs/ports/machines.md: \(line)")
    }
    let known = Set(try MachinesCommand.table(Architecture.all.map(\.name)))
    let names = Architecture.all.map { "| \($0.name) " }
    for row in rows where names.contains(where: row.hasPrefix) {
      #expect(known.contains(row), "no such machine: \(row)")
    }
  }
}
