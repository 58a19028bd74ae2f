import Builder
import Machine
import ToolSupport

/// Boots images that are damaged or ask for something odd: each must say what is wrong.
struct DamagedImageChecks {
  /// One such image, and a part of what the machine must print.
  struct Image: Sendable {
    let fact: String
    let path: String
    let expected: String
  }

  /// Makes the images of `architecture`.
  static func prepare(_ architecture: Architecture) throws(ToolFailure) -> [Image] {
    let folder = "build/\(architecture.name)"
    let root = Workspace.root
    try Files.makeFolder("\(root)/\(folder)")
    let garbage = "\(folder)/garbage"
    try Files.write(
      (0..<10_240).map { UInt8(truncatingIfNeeded: $0 &* 197) }, to: "\(root)/\(garbage)")
    var images: [Image] = []
    for (name, replacements, options, expected) in [
      ("boot.missingInitIsNamed", ["boot/init": ""], "", "boot/init"),
      ("boot.garbledInitIsRefused", ["boot/init": garbage], "", "init module is no program"),
      (
        "boot.garbledArchiveIsRefused", ["boot/initramfs.tar": garbage], "",
        "initramfs is not a sound"
      ),
      ("boot.unknownOptionIsAWarning", [:], "nonsense.option=1", "nonsense.option"),
    ] {
      let path = "\(root)/\(folder)/\(name).iso"
      var request = ImageRequest(kernelOptions: options)
      request.replacements = replacements
      try request.make(architecture, at: path)
      images.append(Image(fact: name, path: path, expected: expected))
    }
    return images
  }

  /// Boots `image`.
  static func run(_ image: Image, on tests: BootedTests) throws(ToolFailure) -> TestReport {
    var report = TestReport()
    report.judge(image.fact, try tests.boot(image: image.path, until: image.expected))
    return report
  }
}
