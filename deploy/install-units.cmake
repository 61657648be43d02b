cmake_policy(VERSION 3.25)
# Units name the place of this very installation: `cmake --install --prefix` may give another than the
# build was configured with.
get_filename_component(prefix "${CMAKE_INSTALL_PREFIX}" ABSOLUTE)
get_filename_component(bin "${relative_BINDIR}" ABSOLUTE BASE_DIR "${prefix}")
get_filename_component(docs "${relative_DOCDIR}" ABSOLUTE BASE_DIR "${prefix}")
foreach(unit bench-coordinator bench-agent)
  configure_file("${source}/deploy/systemd/${unit}.service.in" "${scratch}/${unit}.service" @ONLY)
  file(INSTALL "${scratch}/${unit}.service" DESTINATION "${prefix}/lib/systemd/system")
endforeach()
