#pragma once

#include <string>

#include "base/result.h"

/// An Error on its way to a person or a program.
namespace headroom::report {

/// One to three lines, each with its line end; the parts that are empty are left out:
///   headroom: <what>
///     where: <where>
///     try: <remedy>
/// Control bytes are made visible, so that a server's words cannot act on the terminal.
std::string error_text(const Error& error);

/// The same as one line of JSON, with its line end:
///   {"schema":"headroom.error/1","what":...,"where":...,"remedy":...,"exit":3}
std::string error_json(const Error& error);

}  // namespace headroom::report
