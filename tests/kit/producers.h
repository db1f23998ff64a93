#pragma once

#include <string>
#include <vector>

namespace headroom::test {

/// Runs one of tests/live/producers/ against `url` and returns what it printed: one JSON document. `script`
/// begins with the file's name, options follow: {"bullmq.mjs", "--library", "bullmq6"}. Throws
/// std::runtime_error with the producer's stderr when it fails.
std::string produce(const std::vector<std::string>& script, const std::string& url);

/// Runs the program under test; `words` as a user would type them after "headroom".
struct Finished;
Finished headroom(const std::vector<std::string>& words, const std::vector<std::string>& environment = {});

}  // namespace headroom::test
