#include "wire/reply_builder.h"

namespace headroom::wire {

Reply& ReplyBuilder::slot(Reply::Kind kind) {
  if (open_.empty()) {
    top_ = kind == Reply::Kind::array ? &array_ : &single_;
    return *top_;
  }
  Open& parent = open_.back();
  auto& items = parent.array->items;
  if (parent.filled == items.size()) items.emplace_back();
  return items[parent.filled++];
}

Reply& ReplyBuilder::next(Reply::Kind kind) {
  Reply& reply = slot(kind);
  reply.kind = kind;
  reply.integer = 0;
  reply.real = 0;
  reply.text.clear();
  if (kind != Reply::Kind::array && !reply.items.empty()) reply.items.clear();
  return reply;
}

void ReplyBuilder::array_begins() {
  // The pointer stays good: a parent's vector grows only between its children, when no child is open.
  Reply& array = next(Reply::Kind::array);
  open_.push_back({&array, 0});
}

void ReplyBuilder::array_ends() {
  const Open ended = open_.back();
  open_.pop_back();
  ended.array->items.resize(ended.filled);
}

}  // namespace headroom::wire
