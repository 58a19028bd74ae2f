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
    for (name, change, expected) in changes(garbage) {
      let path = "\(root)/\(folder)/\(name).iso"
      var request = ImageRequest()
      change(&request)
      try request.make(architecture, at: path)
      images.append(Image(fact: name, path: path, expected: expected))
    }
    return images
  }

  private typealias Change = (name: String, change: (inout ImageRequest) -> Void, expected: String)

  private static func changes(_ garbage: String) -> [Change] {
    [
      ("boot.missingInitIsNamed", { $0.replacements = ["boot/init": ""] }, "boot/init"),
      (
        "boot.garbledInitIsRefused", { $0.replacements = ["boot/init": garbage] },
        "init module is no program"
      ),
      (
        "boot.garbledArchiveIsRefused", { $0.replacements = ["boot/initramfs.tar": garbage] },
        "initramfs is not a sound"
      ),
      (
        "boot.unknownOptionIsAWarning", { $0.kernelOptions = "nonsense.option=1" },
        "nonsense.option"
      ),
      // A service with two threads that runs out of memory: only if all of it ends is it
      // started anew, so often that the pause between has to be announced.
      (
        "boot.serviceWithoutMemoryIsRestarted", { $0.standIns = ["shell": "misbehaving"] },
        "shell: ended too often; starts again in"
      ),
      (
        "boot.serviceWithoutMemorySaysSo", { $0.standIns = ["shell": "misbehaving"] },
        "shell: out of memory"
      ),
    ]
  }

  /// Boots `image`.
  static func run(_ image: Image, on tests: BootedTests) throws(ToolFailure) -> TestReport {
    var report = TestReport()
    report.judge(image.fact, try tests.boot(image: image.path, until: image.expected))
    return report
  }
}
