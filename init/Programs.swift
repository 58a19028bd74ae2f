import Libmnos

/// What each program of the image takes, as functions: the manifest can leave nothing out
/// and add nothing, or it does not compile.
enum Programs {
  /// Serves "console" with one serial port.
  static func console(serial: DeviceGrant, directory: DirectoryGrant) -> ServiceEntry {
    ServiceEntry(
      name: ShortName("console"), path: "bin/console", serves: [Name("console")], needs: [],
      grants: [serial.grant, directory.grant], priority: 180, memoryLimit: 4 << 20,
      objectLimit: 512, restart: .always)
  }

  /// Serves "initramfs": the archive's files, in place.
  static func initramfs(archive: ArchiveGrant, directory: DirectoryGrant) -> ServiceEntry {
    ServiceEntry(
      name: ShortName("initramfs"), path: "bin/initramfs", serves: [Name("initramfs")],
      needs: [], grants: [archive.grant, directory.grant], priority: 150,
      memoryLimit: 8 << 20, objectLimit: 4096, restart: .always)
  }

  /// Serves "vfs": one tree of files over all file services.
  static func vfs(directory: DirectoryGrant) -> ServiceEntry {
    ServiceEntry(
      name: ShortName("vfs"), path: "bin/vfs", serves: [Name("vfs")],
      needs: [Name("initramfs")], grants: [directory.grant], priority: 140,
      memoryLimit: 32 << 20, objectLimit: 8192, restart: .always)
  }

  /// The user's command line.
  static func shell(
    directory: DirectoryGrant, processes: ProcessGrant, machine: MachineGrant
  ) -> ServiceEntry {
    ServiceEntry(
      name: ShortName("shell"), path: "bin/shell", serves: [],
      needs: [Name("console"), Name("vfs")],
      grants: [directory.grant, processes.grant, machine.grant], priority: 100,
      memoryLimit: 64 << 20, objectLimit: 8192, restart: .always)
  }
}

/// Grants as types, so that one cannot stand for another.
struct DirectoryGrant {
  let grant: Grant
  static var directory: Self { Self(grant: .directory) }
}
struct ArchiveGrant {
  let grant: Grant
  static var archive: Self { Self(grant: .archive) }
}
struct MachineGrant {
  let grant: Grant
  static var machineStatistics: Self { Self(grant: .machineStatistics) }
}
struct DeviceGrant {
  let grant: Grant
  static var serialPort: Self { Self(grant: .serialPort) }
}
struct ProcessGrant {
  let grant: Grant
  static func processes(mayUsePower: Bool) -> Self {
    Self(grant: .processes(mayUsePower: mayUsePower))
  }
}
