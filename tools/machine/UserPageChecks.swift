import ToolSupport

/// Boots a kernel that does to a page of init's what it never may: the CPU must stop it, and the
/// panic must name the page.
public struct UserPageChecks: Sendable {
  public enum Access: String, Sendable, CaseIterable {
    case execute, read, write
  }

  /// The test's name.
  public static func fact(_ access: Access) -> String {
    switch access {
    case .execute: "userpage.VSP_005_theKernelCannotRunAUserPage"
    case .read: "userpage.VSP_006_theKernelCannotReadAUserPage"
    case .write: "userpage.VSP_006_theKernelCannotWriteAUserPage"
    }
  }

  /// What has the kernel do so.
  public static func kernelOption(_ access: Access) -> String {
    "kernel.selftest.userpage=\(access.rawValue)"
  }

  /// A machine whose CPU can guard user pages: the first one, except that the Cortex-A72 is of
  /// Armv8.0, where the kernel may read and write what user mode may.
  static func machine(of board: Board) -> MachineSpec {
    var machine = board.machines[0]
    if board.architecture == "aarch64" { machine.processor = "max" }
    return machine
  }

  /// What begins the kernel's own lines about it.
  private static let mark = "selftest: userPage: "

  /// What is wrong with what a machine printed; nil if its CPU stopped the kernel as it should.
  static func complaint(
    about lines: [String], _ access: Access, architecture: String
  ) -> String? {
    let said = lines.filter { $0.hasPrefix(mark) }.map { $0.dropFirst(mark.count) }
    guard let page = said.first else { return "the kernel did not begin the test" }
    if said.count > 1 { return String(said[1]) }
    guard let panic = lines.first(where: { $0.hasPrefix("kernel panic: ") }) else {
      return "the kernel was not stopped"
    }
    guard panic.hasSuffix(", address \(page)") else { return "not of \(page): \(panic)" }
    guard let causes = causes[architecture]?[access],
      causes.contains(where: { panic.contains(": cause \($0), ") })
    else { return "of another kind: \(panic)" }
    return nil
  }

  /// The causes that the panic may tell: the page is there, and is not for the kernel. On riscv64
  /// one cause stands for all that can be wrong with a page; what tells them apart is that init's
  /// thread can use this one.
  ///
  /// Source: Intel SDM vol. 3A §4.7 (a fault's error code); Arm DDI 0487 §D24.2.40 (ESR_EL1,
  /// permission fault at level 3); RISC-V Privileged, scause; LoongArch Reference Manual vol. 1
  /// §7.4.6 (PPI).
  static let causes: [String: [Access: [String]]] = [
    "x86_64": [
      .execute: ["0xe, detail 0x11"], .read: ["0xe, detail 0x1"], .write: ["0xe, detail 0x3"],
    ],
    "aarch64": [.execute: ["0x8600000f"], .read: ["0x9600000f"], .write: ["0x9600004f"]],
    "riscv64": [.execute: ["0xc"], .read: ["0xd"], .write: ["0xf"]],
    "loongarch64": [.execute: ["0x70000"], .read: ["0x70000"], .write: ["0x70000"]],
  ]

  /// Why an emulated machine may let the kernel through.
  private static let excuses = [
    "loongarch64":
      "QEMU up to 10.0 at least loses the bit RPLV, by which only its own level may use a page, "
      + "when LDPTE fills the TLB"
  ]

  /// The verdict on what a machine printed.
  static func judge(_ lines: [String], _ access: Access, architecture: String) -> TestReport {
    var report = TestReport()
    let complaint = complaint(about: lines, access, architecture: architecture)
    let hasBegun = lines.contains { $0.hasPrefix(mark) }
    if let excuse = excuses[architecture], complaint != nil, hasBegun {
      report.doesNotApply(fact(access), excuse)
    } else {
      report.judge(fact(access), complaint)
    }
    return report
  }
}

extension BootedTests {
  /// Boots `image`, which was made with `UserPageChecks.kernelOption`.
  public func userPage(
    _ access: UserPageChecks.Access, image: String
  ) throws(ToolFailure) -> TestReport {
    let name = architecture
    return try firstLines(
      of: image, on: UserPageChecks.machine(of: try Board.of(name)),
      isLast: { $0.contains("the machine stops here") },
      isShown: { $0.hasPrefix("selftest: ") || $0.hasPrefix("kernel panic: ") },
      judge: { UserPageChecks.judge($0, access, architecture: name) })
  }
}
