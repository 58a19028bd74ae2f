import Libmnos

/// The services of this system, in the order in which they are listed and started.
///
/// Plain data. `ManifestCheck` refuses what cannot work, in a host test and when init starts.
public enum Manifest {
  public static var services: [ServiceEntry] { [console, initramfs, vfs, shell] }

  /// Serves "console" with one serial port.
  static var console: ServiceEntry {
    ServiceEntry(
      name: ShortName("console"), path: "bin/console", serves: [Name("console")], needs: [],
      grants: [.serialPort, .directory], priority: 180, memoryLimit: 4 << 20,
      objectLimit: 512, share: .percent(30), restart: .always, keepsQueue: true)
  }

  /// Serves "initramfs": the archive's files, in place.
  static var initramfs: ServiceEntry {
    ServiceEntry(
      name: ShortName("initramfs"), path: "bin/initramfs", serves: [Name("initramfs")],
      needs: [], grants: [.archive, .directory], priority: 150, memoryLimit: 8 << 20,
      objectLimit: 4096, share: .percent(15), restart: .always, keepsQueue: true)
  }

  /// Serves "vfs": one tree of files over all file services.
  static var vfs: ServiceEntry {
    ServiceEntry(
      name: ShortName("vfs"), path: "bin/vfs", serves: [Name("vfs")],
      needs: [Name("initramfs")], grants: [.directory], priority: 140,
      memoryLimit: 32 << 20, objectLimit: 8192, share: .percent(15), restart: .always,
      keepsQueue: true)
  }

  /// The user's command line.
  static var shell: ServiceEntry {
    ServiceEntry(
      name: ShortName("shell"), path: "bin/shell", serves: [],
      needs: [Name("console"), Name("vfs")],
      grants: [.directory, .processes(mayUsePower: true), .machineStatistics], priority: 100,
      memoryLimit: 64 << 20, objectLimit: 8192, share: .percent(20), restart: .always)
  }

  /// What a program gets that a user starts. It has no share of the CPU's time: it has what the
  /// services, all of them more urgent, leave.
  public static var spawned: SpawnDefaults {
    SpawnDefaults(priority: 80, memoryLimit: 32 << 20, objectLimit: 20_000)
  }
}

/// A service: its program, what it is given, and what happens when it ends.
public struct ServiceEntry {
  public var name: ShortName
  /// Where the program is in the initramfs, without a slash in front.
  public var path: StaticString
  /// Names that it alone may register.
  public var serves: [Name]
  /// Names that must be served before it is started.
  public var needs: [Name]
  public var grants: [Grant]
  /// 0 to 200; init has the highest.
  public var priority: UInt8
  public var memoryLimit: UInt64
  public var objectLimit: UInt64
  /// What of the CPU's time it may use while others want it; all of them together at most all.
  public var share: CPUShare
  public var restart: RestartRule
  /// Whether init keeps the endpoint of the one name that it serves, so that callers who wait
  /// there are served by the next instance. Else the endpoint is the service's own and ends with it.
  public var keepsQueue = false
}

/// A capability that a service is given, under a name of its own.
public enum Grant: Equatable {
  /// "directory": look names up, and register those that the service serves.
  case directory
  /// "processes": start, list and end processes, and see what each holds and runs, init included;
  /// with power, turn the machine off.
  case processes(mayUsePower: Bool)
  /// "machine": ask what the machine has and uses and which processes it has, nothing else.
  case machineStatistics
  /// The first serial port, with its registers or ports and its interrupt.
  case serialPort
  /// "initramfs": the archive, read-only; where it begins and its byte count follow as
  /// decimal arguments 1 and 2.
  case archive
}

public enum RestartRule: Equatable {
  /// Whenever it ends, for whatever reason.
  case always
  /// Unless it ends by itself with 0.
  case onFailure
  case never
}

/// Limits for what a user starts.
public struct SpawnDefaults {
  public var priority: UInt8
  public var memoryLimit: UInt64
  public var objectLimit: UInt64
}
