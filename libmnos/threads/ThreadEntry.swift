/// Where a further thread begins: assembly on a machine, the back end's on the host.
@_silgen_name("mnos_thread_entry")
func threadEntry()
