#pragma once

#include <cstddef>
#include <string_view>

/// What a terminal would do with one character. Small tables of our own: wcwidth() asks the locale, and the C
/// library's answer changes from machine to machine.
namespace headroom {

struct Character {
  char32_t code = 0;       ///< the byte itself when not valid
  std::size_t length = 0;  ///< bytes of the text that it takes; 1 when not valid
  bool valid = false;      ///< UTF-8 as in RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF
};

/// The first character of `bytes`. Needs: not empty.
Character read_character(std::string_view bytes);

/// True for what acts on a terminal or leaves no mark of its own: controls (C0, DEL, C1), direction marks,
/// zero-width characters, every blank but the ordinary space, soft hyphens, variation selectors,
/// noncharacters.
bool is_unseen(char32_t code);

/// True for a mark that is drawn onto the character before it.
bool is_combining(char32_t code);

/// Columns of a terminal that a character takes: 0 unseen or combining, 2 wide (East Asian, emoji), else 1.
int columns(char32_t code);

}  // namespace headroom
