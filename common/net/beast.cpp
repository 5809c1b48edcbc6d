// Compiles all of Boost.Beast that is not a template, for the whole program: BOOST_BEAST_SEPARATE_COMPILATION in
// CMakeLists.txt. https://www.boost.org/doc/libs/1_74_0/libs/beast/doc/html/beast/using_io.html
#include <utility>  // before Boost.Asio 1.74 in C++20, which uses std::exchange without it

#include <boost/beast/src.hpp>
