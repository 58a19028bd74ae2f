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

  /// A machine whose CPU can guard user pages: the first one, except that the Cortex-A72 is of Armv8.0,
  /// where the kernel may read and write what user mode may.
  static func machine(of board: Board) -> MachineSpec {
    var machine = board.machines[0]
    if board.architecture == "aarch64" { machine.processor = "max" }
    return machine
  }

  /// What is wrong with what a machine printed; nil if its CPU stopped the kernel as it should.
  static func complaint(
    about lines: [String], _ access: Access, architecture: String
  ) -> String? {
    let mark = "selftest: userPage: "
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

  /// Causes that say that a page is there and not for the kernel, as the panic has them, by access;
  /// with the detail where the cause alone says too little.
  static let causes: [String: [Access: [String]]] = [:]
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
      judge: { lines in
        var report = TestReport()
        report.judge(
          UserPageChecks.fact(access),
          UserPageChecks.complaint(about: lines, access, architecture: name))
        return report
      })
  }
}
