// swift-tools-version: 6.2
import PackageDescription

/// Every module is built with strict memory safety, and a missing `unsafe` is an error.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatWarning("StrictMemorySafety", as: .error),
]

let package = Package(
  name: "mnos",
  products: [.executable(name: "mnos", targets: ["mnos"])],
  targets: [
    // The tool.
    .target(name: "ToolSupport", path: "tools/support", swiftSettings: strict),
    .target(
      name: "ToolSetup", dependencies: ["ToolSupport"], path: "tools/setup",
      swiftSettings: strict),
    .executableTarget(
      name: "mnos", dependencies: ["ToolSupport", "ToolSetup"], path: "tools/command",
      swiftSettings: strict),
  ]
)
