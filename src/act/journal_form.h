#pragma once

#include <string>
#include <string_view>

#include "act/journal.h"

/// The entries of a journal as bytes, in the form of act/binary_form.h: a byte that says which, then its
/// fields.
namespace headroom::act {

void append(std::string& out, const JournalStart& start);
void append(std::string& out, const JournalStep& step);
void append(std::string& out, const JournalOutcome& outcome);
void append_note(std::string& out, std::string_view text);

/// Gives every entry of `content` to the visitor, and counts steps and outcomes. False at the first that is
/// none.
bool visit_entries(std::string_view content, JournalVisitor& visitor, JournalHealth& health);

}  // namespace headroom::act
