// Compiles all of Boost.Asio that is not a template, for the whole program: BOOST_ASIO_SEPARATE_COMPILATION in
// CMakeLists.txt. https://www.boost.org/doc/libs/1_74_0/doc/html/boost_asio/using.html
#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/asio/impl/src.hpp>
