import ToolSupport

/// What goes on a boot image, wherever it lies there.
public struct ImageInputs: Sendable {
  /// Where the image says that each file was last changed: seconds since 1970.
  ///
  /// From SOURCE_DATE_EPOCH, else a fixed date, so that the same inputs give the same bytes.
  public let timestamp: Int
  /// The boot configuration's text.
  public let configuration: String
  /// Files by their path in the image, relative to the root of the package.
  public let files: [(target: String, source: String)]

  /// - Parameters:
  ///   - kernelOptions: Added to the command line of `boot/limine.conf`.
  ///   - replacements: Files to take instead of what was built, by their path in the image; an
  ///     empty name leaves the file out. For tests of what a damaged image does.
  public init(
    _ context: BuildContext, environment: [String: String], kernelOptions: String = "",
    replacements: [String: String] = [:]
  ) throws(ToolFailure) {
    timestamp = environment["SOURCE_DATE_EPOCH"].flatMap { Int($0) } ?? 1_767_225_600
    let template = try Files.text(of: "\(context.root)/boot/limine.conf")
    configuration = Self.add(kernelOptions, toCommandLineOf: template)
    let built = [
      ("boot/kernel.elf", context.bootKernelPath),
      ("boot/init", context.programPath("init")),
      ("boot/initramfs.tar", context.initramfsPath),
    ]
    files = built.map { (target: $0.0, source: replacements[$0.0] ?? $0.1) }
      .filter { !$0.source.isEmpty }
  }

  /// `template` with `options` at the end of each `cmdline:`.
  static func add(_ options: String, toCommandLineOf template: String) -> String {
    guard !options.isEmpty else { return template }
    return template.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.drop { $0 == " " }.hasPrefix("cmdline:") ? "\(line) \(options)" : String(line)
    }.joined(separator: "\n")
  }

  /// The variables that make image programs use `timestamp`.
  var environment: [String: String] {
    ["SOURCE_DATE_EPOCH": "\(timestamp)", "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"]
  }
}
