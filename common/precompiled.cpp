// Its object is empty: CMake compiles precompiled.hpp for a target that has a source.
